// Which ferry this is.
#pragma once

#define FERRY_VERSION_MAJOR 0  // NOLINT(modernize-macro-to-enum)
#define FERRY_VERSION_MINOR 1  // NOLINT(modernize-macro-to-enum)
#define FERRY_VERSION_PATCH 0  // NOLINT(modernize-macro-to-enum)
#define FERRY_VERSION "0.1.0"
