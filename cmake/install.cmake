# Manual pages, completions and documents.
file(GLOB manuals CONFIGURE_DEPENDS docs/man/*.[1-8])
foreach(manual ${manuals})
	get_filename_component(section ${manual} LAST_EXT)
	string(SUBSTRING ${section} 1 1 section)
	install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

set(completions
	kavel.bash bash-completion/completions kavel
	_kavel     zsh/site-functions          _kavel
	kavel.fish fish/vendor_completions.d   kavel.fish)
while(completions)
	list(POP_FRONT completions file folder name)
	if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/completions/${file})
		install(FILES completions/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} RENAME ${name})
	endif()
endwhile()

foreach(document LICENSE README.md SECURITY.md CHANGELOG.md)
	if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${document})
		install(FILES ${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
	endif()
endforeach()
