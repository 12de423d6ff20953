/* Medians, ratios, the table and the CSV file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The samples' value below which a share of them lies; 0 without samples.  Sorts them. */
static double quantile(const struct runtime *runtime, enum op op, double share)
{
	size_t count = runtime->ops[op].count;

	if (count == 0)
		return 0;
	qsort(runtime->ops[op].samples, count, sizeof(double), by_value);
	if (share == 0.5 && count % 2 == 0)
		return (runtime->ops[op].samples[count / 2 - 1] + runtime->ops[op].samples[count / 2]) / 2;
	return runtime->ops[op].samples[(size_t)((double)(count - 1) * share)];
}

static double ratio(const struct bench *bench, size_t index, enum op op)
{
	double base = quantile(&bench->runtimes[bench->base], op, 0.5);

	return base > 0 ? quantile(&bench->runtimes[index], op, 0.5) / base : 0;
}

static void times(const struct bench *bench)
{
	printf("\nmedian of each operation in microseconds, and its ratio to %s's\n\n%-12s",
	       bench->runtimes[bench->base].name, "operation");
	for (size_t i = 0; i < bench->runtime_count; i++)
		printf(" %20.20s", bench->runtimes[i].name);
	puts("");
	for (enum op op = 0; op < OP_COUNT; op++) {
		if (!bench->wanted[op])
			continue;
		printf("%-12s", op_infos[op].name);
		for (size_t i = 0; i < bench->runtime_count; i++) {
			const struct runtime *runtime = &bench->runtimes[i];

			if (runtime->ops[op].lacks || runtime->ops[op].count == 0)
				printf(" %20s", "-");
			else if (ratio(bench, i, op) > 0)
				printf(" %12.0f %6.3fx", quantile(runtime, op, 0.5), ratio(bench, i, op));
			else
				printf(" %20.0f", quantile(runtime, op, 0.5));
		}
		puts("");
	}
}

static void traces(const struct bench *bench)
{
	puts("\nsystem calls of all processes, and peak memory (KiB) of the command's own process");
	printf("\n%-12s", "operation");
	for (size_t i = 0; i < bench->runtime_count; i++)
		printf(" %20.20s", bench->runtimes[i].name);
	puts("");
	for (enum op op = 0; op < OP_COUNT; op++) {
		if (!bench->wanted[op] || op == OP_BATCH || op == OP_PARALLEL)
			continue;
		printf("%-12s", op_infos[op].name);
		for (size_t i = 0; i < bench->runtime_count; i++) {
			const struct runtime *runtime = &bench->runtimes[i];

			if (runtime->ops[op].syscalls == 0)
				printf(" %20s", "-");
			else
				printf(" %12ld %7ld", runtime->ops[op].syscalls, runtime->ops[op].peak_kib);
		}
		puts("");
	}
}

void report(const struct bench *bench)
{
	times(bench);
	if (bench->trace)
		traces(bench);
	for (size_t i = 0; i < bench->runtime_count; i++)
		for (enum op op = 0; op < OP_COUNT; op++)
			if (bench->runtimes[i].ops[op].lacks)
				printf("\n%s cannot do %s: %s", bench->runtimes[i].name, op_infos[op].name,
				       bench->runtimes[i].ops[op].why);
	puts("");
}

int report_csv(const struct bench *bench)
{
	FILE *file = fopen(bench->csv, "we");

	if (!file) {
		fprintf(stderr, "bench: %s: %s\n", bench->csv, strerror(errno));
		return -1;
	}
	fputs("operation,runtime,samples,median_us,min_us,p90_us,ratio,syscalls,peak_kib\n", file);
	for (enum op op = 0; op < OP_COUNT; op++) {
		for (size_t i = 0; bench->wanted[op] && i < bench->runtime_count; i++) {
			const struct runtime *runtime = &bench->runtimes[i];

			if (runtime->ops[op].lacks)
				continue;
			fprintf(file, "%s,%s,%zu,%.1f,%.1f,%.1f,%.4f,%ld,%ld\n", op_infos[op].name, runtime->name,
				runtime->ops[op].count, quantile(runtime, op, 0.5), quantile(runtime, op, 0),
				quantile(runtime, op, 0.9), ratio(bench, i, op), runtime->ops[op].syscalls,
				runtime->ops[op].peak_kib);
		}
	}
	return fclose(file);
}
