#!/bin/sh
# spf.t - SPF over generated zones: our outcome is pyspf's. TAP; spf_differential.py says how the two are compared.
# In: BUILD   where run_spf and the unpacked pyspf are (build)
#     CASES   how many (10,000)
#     SEED    of the generator (20261121)
build=${BUILD:-build}
exec /usr/bin/python3 -B test/model/spf_differential.py \
	"$build/test/run_spf" "$build/suites/unpacked" "${CASES:-10000}" "${SEED:-20261121}"
