/* np: 1 */
#include "support.h"

#include "kaimen/base/sha256.h"

#include <string.h>

static void digest_in_pieces(const char *text, size_t n_piece, char hex[KM_SHA256_SIZE])
{
    km_sha256 sha;
    size_t n_byte = strlen(text);

    km_sha256_start(&sha);
    for (size_t i = 0; i < n_byte; i += n_piece)
        km_sha256_add(&sha, text + i, n_piece < n_byte - i ? n_piece : n_byte - i);
    km_sha256_finish(&sha, hex);
}

/* Source: FIPS 180-4 example messages (NIST, "SHA256.pdf"). */
static void digests_of_the_standards_examples_are_right(void **state)
{
    char hex[KM_SHA256_SIZE];

    (void)state;
    digest_in_pieces("", 1, hex);
    assert_string_equal(hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_in_pieces("abc", 64, hex);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_in_pieces("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 64, hex);
    assert_string_equal(hex,
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void digest_does_not_depend_on_the_pieces(void **state)
{
    char text[1000], whole[KM_SHA256_SIZE], pieces[KM_SHA256_SIZE];

    (void)state;
    memset(text, 'k', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    digest_in_pieces(text, sizeof text, whole);
    for (size_t n = 1; n < 130; n += 7) {
        digest_in_pieces(text, n, pieces);
        assert_string_equal(whole, pieces);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(digests_of_the_standards_examples_are_right),
    cmocka_unit_test(digest_does_not_depend_on_the_pieces),
};

KM_TEST_MAIN(tests)
