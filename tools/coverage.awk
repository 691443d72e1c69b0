# Prints the share of statements that the tests of each package run, from a Go
# coverage profile, and fails where a package of "bound" stays under "least" percent.

/^mode:/ { next }

{
	package = $1
	sub(/\/[^\/]*$/, "", package)
	sub(/^github\.com\/portcoconnect\/pcc-descope-mgmt\//, "", package)
	if (!($1 in statements)) { statements[$1] = $2; total[package] += $2 }
	if ($3 > 0 && !($1 in run)) { run[$1] = 1; covered[package] += $2 }
}

END {
	for (package in total) printf "%6.1f %%  %s\n", 100 * covered[package] / total[package], package | "sort -k3"
	close("sort -k3")
	count = split(bound, names, " ")
	for (i = 1; i <= count; i++) {
		name = names[i]
		share = total[name] ? 100 * covered[name] / total[name] : 0
		if (share < least) {
			printf "%s: %.1f %% of the statements are covered, at least %d %% are wanted\n", name, share, least | "cat 1>&2"
			failed = 1
		}
	}
	exit failed
}
