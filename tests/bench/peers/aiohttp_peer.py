#!/usr/bin/env python3
"""python3-aiohttp: one ClientSession whose connector has no limit."""
import aiohttp

import program

PARSED = program.arguments()
STREAMED = PARSED.mode == "download" and not PARSED.collect
HEADERS = {"Content-Type": PARSED.content_type} if PARSED.body is not None else None


class Client:
    async def __aenter__(self):
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=300)
        self.session = aiohttp.ClientSession(connector=connector, read_bufsize=PARSED.bufsize)
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def one(self):
        async with self.session.request(PARSED.method, PARSED.url, data=PARSED.body, headers=HEADERS) as response:
            response.raise_for_status()
            if not STREAMED:
                return len(await response.read())
            received = 0
            async for piece in response.content.iter_any():
                received += len(piece)
            return received

    async def perform(self, requests, concurrency):
        return await program.lanes(self.one, requests, concurrency)


program.start(program.run("aiohttp", PARSED, Client))
