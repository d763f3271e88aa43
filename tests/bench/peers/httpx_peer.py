#!/usr/bin/env python3
"""python3-httpx: one Client for one request at a time, an AsyncClient for several, as its documentation says."""
import httpx

import program

PARSED = program.arguments()
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=None)
STREAMED = PARSED.mode == "download" and not PARSED.collect
HEADERS = {"Content-Type": PARSED.content_type} if PARSED.body is not None else None


class Blocking:
    async def __aenter__(self):
        self.client = httpx.Client(limits=LIMITS, timeout=30, trust_env=False)
        return self

    async def __aexit__(self, *_):
        self.client.close()

    def one(self):
        if STREAMED:
            with self.client.stream("GET", PARSED.url) as response:
                return sum(len(piece) for piece in response.iter_raw())
        response = self.client.request(PARSED.method, PARSED.url, content=PARSED.body, headers=HEADERS)
        response.raise_for_status()
        return len(response.content)

    async def perform(self, requests, _):
        return sum(self.one() for _ in range(requests))


class Several:
    async def __aenter__(self):
        self.client = httpx.AsyncClient(limits=LIMITS, timeout=30, trust_env=False)
        return self

    async def __aexit__(self, *_):
        await self.client.aclose()

    async def one(self):
        response = await self.client.request(PARSED.method, PARSED.url, content=PARSED.body, headers=HEADERS)
        response.raise_for_status()
        return len(response.content)

    async def perform(self, requests, concurrency):
        return await program.lanes(self.one, requests, concurrency)


program.start(program.run("httpx", PARSED, Blocking if PARSED.concurrency == 1 and PARSED.mode != "idle" else Several))
