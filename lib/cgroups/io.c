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
		return err_user(err, "linux.resources.%s: %" PRIu64 " is not between %d and %d", property, weight, WEIGHT_MIN,
				WEIGHT_MAX);
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

/* Where the io controller is, once per plan. */
struct io_place {
	unsigned int hierarchy;
	bool unified;
};

static int write_device(struct planner *planner, const struct io_place *place, const char *property, const char *file,
			const char *value, unsigned int flags, struct err *err)
{
	if (!property || !value)
		return err_memory(err);
	return planner_write(planner, place->hierarchy, property, file, value, flags, err);
}

static int plan_weight_device(struct planner *planner, const struct io_place *place, size_t index, struct err *err)
{
	const struct spec_weight_device *device = &planner->resources->block_io.weight_device.items[index];
	const char *property = arena_printf(planner->arena, "blockIO.weightDevice[%zu].weight", index);
	long long major = device->major, minor = device->minor;
	uint64_t weight = device->weight.value;
	const char *plain, *converted;
	int r;

	if (!property)
		return err_memory(err);
	if (device->leaf_weight.is_set && device->leaf_weight.value) {
		if (place->unified)
			return err_user(err, "linux.resources.blockIO.weightDevice[%zu].leafWeight: cgroup v2 has no such "
					"setting", index);
		r = write_device(planner, place, property, "blkio.leaf_weight_device",
				 arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, device->leaf_weight.value),
				 0, err);
		if (r < 0)
			return r;
	}
	if (!device->weight.is_set || !weight)
		return 0;
	r = check_weight(property, weight, err);
	if (r < 0)
		return r;
	plain = arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, weight);
	converted = arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, io_weight_of_weight(weight));
	r = write_device(planner, place, property, place->unified ? "io.bfq.weight" : "blkio.bfq.weight_device", plain,
			 CGROUP_WRITE_OR_NEXT, err);
	if (r < 0)
		return r;
	return write_device(planner, place, property, place->unified ? "io.weight" : "blkio.weight_device",
			    place->unified ? converted : plain, 0, err);
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

static int plan_throttle(struct planner *planner, const struct io_place *place, const struct throttle *throttle,
			 struct err *err)
{
	const char *block_io = (const char *)&planner->resources->block_io;
	const struct spec_throttle_devices *devices = (const struct spec_throttle_devices *)(block_io + throttle->offset);

	for (size_t i = 0; i < devices->count; i++) {
		const struct spec_throttle_device *device = &devices->items[i];
		long long major = device->major, minor = device->minor;
		const char *value;
		int r;

		/* 0 is "no limit" on v1 and not a number on v2 */
		if (!place->unified)
			value = arena_printf(planner->arena, "%lld:%lld %" PRIu64, major, minor, device->rate);
		else if (device->rate)
			value = arena_printf(planner->arena, "%lld:%lld %s=%" PRIu64, major, minor, throttle->key,
					     device->rate);
		else
			value = arena_printf(planner->arena, "%lld:%lld %s=max", major, minor, throttle->key);
		r = write_device(planner, place,
				 arena_printf(planner->arena, "blockIO.%s[%zu].rate", throttle->property, i),
				 place->unified ? "io.max" : throttle->legacy, value, 0, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_devices(const struct spec_block_io *io)
{
	return io->weight_device.count || io->throttle_read_bps.count || io->throttle_write_bps.count ||
	       io->throttle_read_iops.count || io->throttle_write_iops.count;
}

int plan_io(struct planner *planner, struct err *err)
{
	const struct spec_block_io *io = &planner->resources->block_io;
	struct io_place place;
	int r;

	if (!io->is_set)
		return 0;
	r = knobs_plan(planner, knobs, "blkio", "io", err);
	if (r < 0 || !has_devices(io))
		return r;
	r = planner_controller(planner, "blkio", "io",
			       io->weight_device.count ? "blockIO.weightDevice" : "blockIO.throttle", &place.hierarchy,
			       &place.unified, err);
	for (size_t i = 0; r == 0 && i < io->weight_device.count; i++)
		r = plan_weight_device(planner, &place, i, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(throttles); i++)
		r = plan_throttle(planner, &place, &throttles[i], err);
	return r;
}
