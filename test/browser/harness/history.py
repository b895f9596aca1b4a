"""Gives a chatbot's webhooks a day of history, for pictures: statistics, and endpoints that are not on
this machine. It works on the database of a server that has stopped.

    history.py DATABASE HEALTHY_ID HEALTHY_URL FAILING_ID FAILING_URL
"""

import math
import random
import sqlite3
import sys
import time

DIGITS = "0123456789abcdefghijklmnopqrstuv"
BUCKETS_A_DOUBLING = 4  # of the latency histogram, see internal/store/stats.go
DAY = 24 * 60


def number(identifier):
    value = 0
    for digit in identifier.split("_")[1]:
        value = value * 32 + DIGITS.index(digit)
    return value


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def histogram(milliseconds):
    counts = {}
    for ms in milliseconds:
        us = max(int(ms * 1000), 4)
        exponent = us.bit_length() - 1
        bucket = exponent * BUCKETS_A_DOUBLING + (us >> (exponent - 2) & 3)
        counts[bucket] = counts.get(bucket, 0) + 1
    return b"".join(varint(bucket) + varint(counts[bucket]) for bucket in sorted(counts))


def fill(db, webhook, failing):
    now = int(time.time() // 60)
    backlog_now = db.execute("SELECT sum(enqueued) - sum(finished) FROM endpoint_counts WHERE webhook_id = ?", (webhook,)).fetchone()[0]
    for ago in range(DAY, 1, -2):
        busy = 1 + math.sin((DAY - ago) / DAY * 2 * math.pi - 0.9) + random.random() * 0.6
        attempts = int(random.random() * 3 * busy)
        down = failing and ago < 150
        hiccup = not failing and 400 < ago < 440
        failed = attempts if down else sum(random.random() < (0.6 if hiccup else 0.01) for _ in range(attempts))
        slow = 180 if hiccup else 35
        latency = histogram([random.lognormvariate(math.log(slow), 0.5) for _ in range(attempts)])
        if attempts:
            db.execute("INSERT OR IGNORE INTO attempt_stats VALUES (?, ?, 0, ?, ?, ?)", (webhook, now - ago, attempts - failed, failed, latency))
        waiting = int(backlog_now * (150 - ago) / 150) if down else int(random.random() < 0.02)
        if hiccup:
            waiting = int(14 * math.sin((ago - 400) / 40 * math.pi)) + waiting
        db.execute("INSERT OR IGNORE INTO backlog_samples VALUES (?, ?, 0, ?)", (webhook, now - ago, waiting))


def main(path, *webhooks):
    random.seed(9)
    with sqlite3.connect(path) as db:
        for i in (0, 2):
            webhook, url = number(webhooks[i]), webhooks[i + 1]
            fill(db, webhook, failing=i == 2)
            old = db.execute("SELECT json_extract(settings, '$.url') FROM webhooks WHERE id = ?", (webhook,)).fetchone()[0]
            db.execute("UPDATE webhooks SET settings = json_set(settings, '$.url', ?) WHERE id = ?", (url, webhook))
            db.execute("UPDATE attempts SET url = ? WHERE url = ?", (url, old))
        # What waits is tried again later than pictures take: there is nobody at the new address.
        db.execute("UPDATE backlog SET due_at = due_at + 3600000 WHERE state = 1")
        db.execute("UPDATE backlog SET due_at = due_at + 3600000, state = 1 WHERE state > 1")


main(*sys.argv[1:])
