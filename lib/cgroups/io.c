/* linux.resources.blockIO: the controller blkio of v1 and io of v2.  The BFQ scheduler's own weight is used where its
 * file is, as it is the one that works there. */
#include <inttypes.h>
#include <stdio.h>

#include "base/auto.h"
#include "cgroups/knob.h"

#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

uint64_t io_weight_of_weight(uint64_t weight)
{
	return 1 + (weight - 10) * 9999 / 990;
}

static int check_weight(const char *property, uint64_t weight, struct err *err)
{
	if (weight < WEIGHT_MIN || weight > WEIGHT_MAX)
		return err_user(err, "linux.resources.%s: %" PRIu64 " is not between %d and %d", property, weight,
				WEIGHT_MIN, WEIGHT_MAX);
	return 0;
}

static int text_weight(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	int r = check_weight(value->property, value->u64, err);

	return r < 0 ? r : knob_text_number(value, text, err);
}

static int text_io_weight(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	struct knob_value converted = *value;

	if (value->is_unified)
		converted.u64 = io_weight_of_weight(value->u64);
	return knob_text_number(&converted, text, err);
}

static const struct knob knobs[] = {
	/* property, member, v2 file, v1 file, text, flags */
	{ "blockIO.weight", KNOB_AT(block_io.weight), "io.bfq.weight", "blkio.bfq.weight", text_weight,
	  KNOB_ZERO_IS_UNSET | CGROUP_WRITE_OR_NEXT },
	{ "blockIO.weight", KNOB_AT(block_io.weight), "io.weight", "blkio.weight", text_io_weight, KNOB_ZERO_IS_UNSET },
	{ "blockIO.leafWeight", KNOB_AT(block_io.leaf_weight), NULL, "blkio.leaf_weight", text_weight,
	  KNOB_ZERO_IS_UNSET },
	{ 0 },
};

static int plan_leaf_weight(struct planner *planner, const struct place *place, struct cgroup_write write,
			    const struct spec_weight_device *device, struct err *err)
{
	int r;

	if (!device->leaf_weight.is_set || !device->leaf_weight.value)
		return 0;
	if (place->is_unified)
		return err_user(err, "linux.resources.%s.leafWeight: cgroup v2 has no such setting", write.property);
	r = check_weight(write.property, device->leaf_weight.value, err);
	write.file = "blkio.leaf_weight_device";
	write.value = arena_printf(planner->arena, "%lld:%lld %" PRIu64, (long long)device->major,
				   (long long)device->minor, device->leaf_weight.value);
	return r < 0 ? r : planner_write(planner, &write, err);
}

static int plan_weight_device(struct planner *planner, const struct place *place, size_t index, struct err *err)
{
	const struct spec_weight_device *device = &planner->resources->block_io.weight_device.items[index];
	long long major = device->major, minor = device->minor;
	uint64_t weight = device->weight.value;
	struct cgroup_write write = {
		.property = arena_printf(planner->arena, "blockIO.weightDevice[%zu]", index),
		.hierarchy = place->hierarchy,
	};
	int r = write.property ? plan_leaf_weight(planner, place, write, device, err) : err_memory(err);

	if (r < 0 || !device->weight.is_set || !weight)
		return r;
	r = check_weight(write.property, weight, err);
	if (r < 0)
		return r;
	write.flags = CGROUP_WRITE_OR_NEXT;
	write.file = place->is_unified ? "io.bfq.weight" : "blkio.bfq.weight_device";
	write.value = arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, weight);
	r = planner_write(planner, &write, err);
	if (r < 0)
		return r;
	write.flags = 0;
	write.file = place->is_unified ? "io.weight" : "blkio.weight_device";
	if (place->is_unified)
		write.value =
			arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, io_weight_of_weight(weight));
	return planner_write(planner, &write, err);
}

static const struct throttle {
	const char *property; /* below linux.resources.blockIO */
	size_t offset;	      /* of the spec_throttle_devices in struct spec_block_io */
	const char *key;      /* in io.max */
	const char *legacy;   /* file on v1 */
} throttles[] = {
	{ "throttleReadBpsDevice", offsetof(struct spec_block_io, throttle_read_bps), "rbps",
	  "blkio.throttle.read_bps_device" },
	{ "throttleWriteBpsDevice", offsetof(struct spec_block_io, throttle_write_bps), "wbps",
	  "blkio.throttle.write_bps_device" },
	{ "throttleReadIOPSDevice", offsetof(struct spec_block_io, throttle_read_iops), "riops",
	  "blkio.throttle.read_iops_device" },
	{ "throttleWriteIOPSDevice", offsetof(struct spec_block_io, throttle_write_iops), "wiops",
	  "blkio.throttle.write_iops_device" },
};

/* 0 is "no limit" on v1 and not a number on v2. */
static const char *throttle_value(struct planner *planner, const struct place *place, const struct throttle *throttle,
				  const struct spec_throttle_device *device)
{
	long long major = device->major, minor = device->minor;

	if (!place->is_unified)
		return arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, device->rate);
	if (!device->rate)
		return arena_printf(planner->arena, "%lld:%lld %s=max", major, minor, throttle->key);
	return arena_printf(planner->arena, "%lld:%lld %s=%" PRIu64, major, minor, throttle->key, device->rate);
}

static int plan_throttle(struct planner *planner, const struct place *place, const struct throttle *throttle,
			 struct err *err)
{
	const char *block_io = (const char *)&planner->resources->block_io;
	const struct spec_throttle_devices *devices =
		(const struct spec_throttle_devices *)(block_io + throttle->offset);
	int r = 0;

	for (size_t i = 0; r == 0 && i < devices->count; i++)
		r = planner_write(
			planner,
			&(struct cgroup_write){
				.property = arena_printf(planner->arena, "blockIO.%s[%zu].rate", throttle->property, i),
				.file = place->is_unified ? "io.max" : throttle->legacy,
				.value = throttle_value(planner, place, throttle, &devices->items[i]),
				.hierarchy = place->hierarchy,
			},
			err);
	return r;
}

static bool has_devices(const struct spec_block_io *io)
{
	return io->weight_device.count || io->throttle_read_bps.count || io->throttle_write_bps.count ||
	       io->throttle_read_iops.count || io->throttle_write_iops.count;
}

int plan_io(struct planner *planner, struct err *err)
{
	const struct spec_block_io *io = &planner->resources->block_io;
	struct place place;
	int r;

	if (!io->is_set)
		return 0;
	r = knobs_plan(planner, knobs, "blkio", "io", err);
	if (r < 0 || !has_devices(io))
		return r;
	r = planner_controller(planner, "blkio", "io",
			       io->weight_device.count ? "blockIO.weightDevice" : "blockIO.throttle", &place, err);
	for (size_t i = 0; r == 0 && i < io->weight_device.count; i++)
		r = plan_weight_device(planner, &place, i, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(throttles); i++)
		r = plan_throttle(planner, &place, &throttles[i], err);
	return r;
}
