#include "layouts.h"

#include <stdio.h>

struct cgroup_layout layout_v2(const char *own)
{
	struct cgroup_layout layout = { .mode = CGROUP_V2, .is_root = true, .count = 1 };

	(void)snprintf(layout.items[0].mount_point, sizeof(layout.items[0].mount_point), "/nowhere");
	(void)snprintf(layout.items[0].own, sizeof(layout.items[0].own), "%s", own);
	return layout;
}

void layout_v2_in(struct folder *folder, struct cgroup_layout *layout, const char *controllers)
{
	folder_make(folder);
	folder_write(folder, "cgroup.controllers", controllers);
	folder_write(folder, "cgroup.subtree_control", "");
	*layout = layout_v2("/own");
	(void)snprintf(layout->items[0].mount_point, sizeof(layout->items[0].mount_point), "%s", folder->path);
}

void layout_add_v1(struct cgroup_layout *layout, const char *controllers)
{
	struct cgroup_hierarchy *item = &layout->items[layout->count++];

	(void)snprintf(item->controllers, sizeof(item->controllers), "%s", controllers);
	(void)snprintf(item->mount_point, sizeof(item->mount_point), "/nowhere/%s", controllers);
	(void)snprintf(item->own, sizeof(item->own), "/");
}
