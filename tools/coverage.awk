# Prints the share of statements that the tests run, of each package and of all in a Go
# coverage profile. Fails where a package of "bound" stays under "least" percent, or all
# of them together under "overall".

/^mode:/ { next }

{
	package = $1
	sub(/\/[^\/]*$/, "", package)
	sub(/^github\.com\/portcoconnect\/pcc-descope-mgmt\//, "", package)
	if (!($1 in statements)) { statements[$1] = $2; total[package] += $2; totals += $2 }
	if ($3 > 0 && !($1 in run)) { run[$1] = 1; covered[package] += $2; covereds += $2 }
}

function share(part, whole) { return whole ? 100 * part / whole : 0 }

function want(name, reached, bound) {
	if (reached >= bound) return
	printf "%s: %.1f %% of the statements are covered, at least %d %% are wanted\n", name, reached, bound | "cat 1>&2"
	failed = 1
}

END {
	for (package in total) printf "%6.1f %%  %s\n", share(covered[package], total[package]), package | "sort -k3"
	close("sort -k3")
	printf "%6.1f %%  of %d statements\n", share(covereds, totals), totals
	count = split(bound, names, " ")
	for (i = 1; i <= count; i++) want(names[i], share(covered[names[i]], total[names[i]]), least)
	if (overall) want("all packages", share(covereds, totals), overall)
	exit failed
}
