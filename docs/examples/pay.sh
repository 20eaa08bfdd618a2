#!/bin/sh
# A payment from a shell script: open it, send the customer to its page, wait for its end, give a
# part back.
#
#   TOLLGATE_URL=https://pay.shop.example TOLLGATE_KEY=tg_… ./pay.sh open ORDER AMOUNT CURRENCY GATEWAY
#   … ./pay.sh wait ID            prints the status it ended with
#   … ./pay.sh refund ID AMOUNT
#
# Needs curl and jq.
set -eu

api() { # METHOD PATH [BODY]
    method=$1 path=$2 body=${3-}
    set -- --silent --show-error --max-time 60 --request "$method" \
        --header "Authorization: Bearer $TOLLGATE_KEY"
    [ -z "$body" ] || set -- "$@" --header "Content-Type: application/json" --data "$body" \
        --header "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)"
    # When no answer comes the same is sent again: under the same key it is done once.
    for wait in 1 2 4; do
        curl "$@" "$TOLLGATE_URL/api/v1/payments/$path" && return
        sleep $wait
    done
    exit 1
}

case $1 in
open)
    body=$(jq --null-input --compact-output --arg order "$2" --arg amount "$3" --arg currency "$4" \
        --arg gateway "$5" '$ARGS.named')
    api POST "" "$body" |
        jq --raw-output 'if .success then .data | "\(.id) \(.payment_url)" else . end'
    ;;
wait)
    # Until the payment has ended; your customer may take as long as he likes.
    while :; do
        status=$(api GET "$2/status/" | jq --raw-output .data.status)
        case $status in
        pending | processing | review) sleep "${TOLLGATE_WAIT_S:-10}" ;;
        *) break ;;
        esac
    done
    echo "$status"
    ;;
refund)
    api POST "$2/refund/" "{\"amount\":\"$3\"}" |
        jq --raw-output '"\(.message): \(.data.status), given back \(.data.refunded)"'
    ;;
esac
