// One GET with libcurl.
#include <curl/curl.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    CURL* const easy = curl_easy_init();
    std::string body;
    curl_easy_setopt(easy, CURLOPT_URL, argv[argc - 1]);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(
        easy, CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t size, std::size_t count, void* to) {
            static_cast<std::string*>(to)->append(data, size * count);
            return size * count;
        });
    const CURLcode result = curl_easy_perform(easy);
    std::puts(result == CURLE_OK ? body.c_str() : curl_easy_strerror(result));
    curl_easy_cleanup(easy);
}
