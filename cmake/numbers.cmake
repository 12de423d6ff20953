# The table of system call numbers in lib/seccomp/numbers.c, made by asking libseccomp: cmake/numbers.c prints its rows.
# A cross build without an emulator cannot run that; the table is then empty, and libseccomp is asked at run time, which a static
# program cannot do.
set(KAVEL_NUMBERS_FILE ${CMAKE_BINARY_DIR}/seccomp-numbers.inc)
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
	if(KAVEL_STATIC)
		message(FATAL_ERROR "a static cross build needs CMAKE_CROSSCOMPILING_EMULATOR, to ask libseccomp for numbers")
	endif()
	file(WRITE ${KAVEL_NUMBERS_FILE} "")
else()
	add_executable(kavel-numbers cmake/numbers.c)
	target_link_libraries(kavel-numbers PRIVATE PkgConfig::LIBSECCOMP)
	add_custom_command(OUTPUT ${KAVEL_NUMBERS_FILE}
		COMMAND kavel-numbers > ${KAVEL_NUMBERS_FILE}
		COMMENT "Asking libseccomp for system call numbers"
		VERBATIM)
	add_custom_target(kavel-numbers-file DEPENDS ${KAVEL_NUMBERS_FILE})
	add_dependencies(kavel_seccomp kavel-numbers-file)
	set_property(SOURCE lib/seccomp/numbers.c APPEND PROPERTY OBJECT_DEPENDS ${KAVEL_NUMBERS_FILE})
endif()
set_property(SOURCE lib/seccomp/numbers.c APPEND PROPERTY
	COMPILE_DEFINITIONS KAVEL_NUMBERS_FILE="${KAVEL_NUMBERS_FILE}")
