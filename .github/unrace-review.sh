#!/usr/bin/env bash
# What action.yml runs: annotations of the lines, a report in SARIF if asked for, and one review of the pull request with
# the comments that it does not have yet.
#
# usage: unrace-review.sh UNRACE, with BASE, UNRACE_PATHS, UNRACE_ARGS, COMMENT, SARIF, FAIL, NUMBER in the environment
set -euo pipefail
unrace=$1
review=$(mktemp)
read -ra paths <<<"${UNRACE_PATHS:-.}"
read -ra args <<<"${UNRACE_ARGS:-}"
git cat-file -e "$BASE^{commit}" 2>/dev/null || git fetch --quiet --depth=1 origin "$BASE"
status=0
"$unrace" review --base "$BASE" --output-format github --suggestions "$review" "${args[@]}" "${paths[@]}" || status=$?
[ "$status" -le 1 ] || exit "$status"
if [ -n "${SARIF:-}" ]; then
  "$unrace" review --quiet --base "$BASE" --output-format sarif "${args[@]}" "${paths[@]}" >"$SARIF" || [ $? -eq 1 ]
fi
if [ "$status" -eq 1 ] && [ "${COMMENT:-true}" = true ] && [ -n "${NUMBER:-}" ]; then
  pull="repos/$GITHUB_REPOSITORY/pulls/$NUMBER"
  # A comment carries its finding's id; what an earlier run said is not said again.
  said=$({ gh api --paginate "$pull/comments" --jq '.[].body'; gh api --paginate "$pull/reviews" --jq '.[].body'; } |
    { grep -o '<!-- unrace:[0-9a-f]* -->' || true; } | jq -Rs 'split("\n")')
  new=$(jq --argjson said "$said" '.comments |= map(select(.body as $body | $said | map(. != "" and (. as $id | $body | contains($id))) | any | not))
    | select((.comments | length > 0) or (.body | contains("<!-- unrace:") and (. as $body | $said | map(. != "" and (. as $id | $body | contains($id))) | any | not)))' "$review")
  [ -z "$new" ] || gh api --silent --method POST "$pull/reviews" --input - <<<"$new"
fi
[ "${FAIL:-true}" != true ] || exit "$status"
