# KAVEL_COMMIT: the abbreviated commit the tree was configured at, "-dirty" when files differ from it; empty outside a
# clone.  Not a date: a build of one commit is the same at any time.
set(KAVEL_COMMIT "")
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/.git)
	execute_process(
		COMMAND ${GIT_EXECUTABLE} -c safe.directory=${CMAKE_CURRENT_SOURCE_DIR} describe
			--always --dirty --abbrev=12 --exclude=*
		WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
		OUTPUT_VARIABLE KAVEL_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
