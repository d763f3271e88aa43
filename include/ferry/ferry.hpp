// All of ferry but the faces that need a library of their own (ferry/asio.hpp, ferry/uv.hpp).
#pragma once

#include <ferry/body.hpp>
#include <ferry/buffer.hpp>
#include <ferry/builder.hpp>
#include <ferry/call.hpp>
#include <ferry/client.hpp>
#include <ferry/config.hpp>
#include <ferry/duplex.hpp>
#include <ferry/error.hpp>
#include <ferry/exceptions.hpp>
#include <ferry/failed_request.hpp>
#include <ferry/headers.hpp>
#include <ferry/hosts.hpp>
#include <ferry/json.hpp>
#include <ferry/limits.hpp>
#include <ferry/message.hpp>
#include <ferry/options.hpp>
#include <ferry/resolver.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>
#include <ferry/retry.hpp>
#include <ferry/stats.hpp>
#include <ferry/time.hpp>
#include <ferry/timings.hpp>
#include <ferry/url.hpp>
#include <ferry/version.hpp>
