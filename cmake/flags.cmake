# Compiler and linker flags, as the interface library kavel_flags.  What a compiler does not have is left out, except the
# warnings, which gcc 12 and clang 14 both have.  Nothing here is global, so the freestanding launcher stays free of it.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

option(KAVEL_WERROR "Warnings are errors" ON)
option(KAVEL_LTO "Link-time optimisation" OFF)
option(KAVEL_COVERAGE "Count which lines run" OFF)
set(KAVEL_SANITIZE "" CACHE STRING "Sanitizers, comma-separated: address,undefined")

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
# the sanitizers' reports need frames, and an optimizer that finds uninitialized variables
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

add_library(kavel_flags INTERFACE)

function(kavel_compile_flag flag)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" variable)
	check_c_compiler_flag("-Werror ${flag}" ${variable})
	if(${variable})
		target_compile_options(kavel_flags INTERFACE ${flag})
	endif()
endfunction()

function(kavel_link_flag flag)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" variable)
	check_linker_flag(C "${flag}" ${variable})
	if(${variable})
		target_link_options(kavel_flags INTERFACE ${flag})
	endif()
endfunction()

# ---- warnings
target_compile_options(kavel_flags INTERFACE
	-Wall -Wextra -Wshadow -Wvla -Wformat=2 -Werror=format-security -Wstrict-prototypes -Wmissing-prototypes
	-Werror=implicit-function-declaration -Wconversion -Wno-sign-conversion -Wno-string-conversion)
if(KAVEL_WERROR)
	target_compile_options(kavel_flags INTERFACE -Werror)
endif()

target_compile_definitions(kavel_flags INTERFACE _GNU_SOURCE)
# the same object wherever the tree lies
target_compile_options(kavel_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

# ---- the language kavel is written in
foreach(flag -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-strict-overflow)
	kavel_compile_flag(${flag})
endforeach()

# ---- hardening; the sanitizers do the same job better, and hide it where both are on
if(KAVEL_SANITIZE OR KAVEL_COVERAGE)
	if(KAVEL_SANITIZE)
		target_compile_options(kavel_flags INTERFACE
			-fsanitize=${KAVEL_SANITIZE} -fno-sanitize-recover=all)
		target_link_options(kavel_flags INTERFACE -fsanitize=${KAVEL_SANITIZE})
	endif()
	if(KAVEL_COVERAGE)
		# its counters hide the ranges of values from the optimizer
		target_compile_options(kavel_flags INTERFACE --coverage -fprofile-update=atomic -Wno-format-truncation)
		target_link_options(kavel_flags INTERFACE --coverage)
	endif()
else()
	foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
			-ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr -fstrict-flex-arrays=3)
		kavel_compile_flag(${flag})
	endforeach()
	# level 3 needs __builtin_dynamic_object_size
	if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_LESS 12)
		set(fortify 2)
	else()
		set(fortify 3)
	endif()
	target_compile_options(kavel_flags INTERFACE
		$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=${fortify}>)
	# without unwind tables the program is a fifth smaller; debuggers use .debug_frame
	target_compile_options(kavel_flags INTERFACE -fno-asynchronous-unwind-tables -fno-unwind-tables)
endif()
foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed -Wl,-z,pack-relative-relocs)
	kavel_link_flag(${flag})
endforeach()

# ---- size
target_compile_options(kavel_flags INTERFACE -ffunction-sections -fdata-sections)
target_link_options(kavel_flags INTERFACE -Wl,--gc-sections)
if(KAVEL_LTO)
	target_compile_options(kavel_flags INTERFACE -flto)
	target_link_options(kavel_flags INTERFACE -flto)
endif()
