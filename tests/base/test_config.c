/* np: 1 */
#include "support.h"

#include "kaimen/base/config.h"
#include "kaimen/base/file.h"
#include "kaimen/base/units.h"

#include <string.h>

typedef struct {
    char symbol[4];
    char file[64];
    char entry[32];
} pseudo;

typedef struct {
    char file[64];
    char name[16];
} bulk;

typedef struct {
    char name[32];
    int n_bulk;
    bulk *bulk;
    int quality;
    double ecut_ha, k_spacing_bohr, tolerance_ha, thickness_bohr, time_limit_s, share;
    int grid[3], shift[3], bands;
    char family[32];
    int n_pseudo;
    pseudo pseudo[2];
    bool forces;
} options;

static const char *const qualities[] = {"lite", "standard", "accurate", NULL};
static const km_config_field pseudo_fields[] = {
    {.key = "*", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(pseudo, symbol), .help = "Element."},
    {.key = "entry", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(pseudo, entry), .help = "Label."},
    {.key = "file",
     .kind = KM_CONFIG_TEXT,
     .fallback = "GTH_POTENTIALS",
     KM_CONFIG_AT(pseudo, file),
     .help = "Its file."},
    {0}};
static const km_config_field bulk_fields[] = {{.key = "file",
                                               .kind = KM_CONFIG_TEXT,
                                               .required = true,
                                               KM_CONFIG_AT(bulk, file),
                                               .help = "Crystal file."},
                                              {.key = "name",
                                               .kind = KM_CONFIG_TEXT,
                                               KM_CONFIG_AT(bulk, name),
                                               .help = "What to call it."},
                                              {0}};
static const km_config_field schema[] = {
    {.key = "campaign.name",
     .kind = KM_CONFIG_TEXT,
     .fallback = "",
     KM_CONFIG_AT(options, name),
     .help = "Name."},
    {.key = "campaign.time_limit",
     .kind = KM_CONFIG_REAL,
     .unit = "h",
     .range = "(0, inf)",
     .fallback = "2 d",
     KM_CONFIG_AT(options, time_limit_s),
     .help = "Time."},
    {.key = "bulk",
     .kind = KM_CONFIG_LIST,
     .element = bulk_fields,
     KM_CONFIG_BLOCK_AT(options, bulk, n_bulk),
     .help = "Crystals."},
    {.key = "slab.thickness",
     .kind = KM_CONFIG_REAL,
     .unit = "Ang",
     .range = "[1, 20]",
     .fallback = "10 Ang",
     KM_CONFIG_AT(options, thickness_bohr),
     .help = "Thickness."},
    {.key = "dft.quality",
     .kind = KM_CONFIG_CHOICE,
     .names = qualities,
     .fallback = "standard",
     KM_CONFIG_AT(options, quality),
     .help = "Level."},
    {.key = "dft.ecut",
     .kind = KM_CONFIG_REAL,
     .unit = "Ha",
     .range = "(0, 1000]",
     KM_CONFIG_AT(options, ecut_ha),
     .help = "Cutoff."},
    {.key = "dft.grid",
     .kind = KM_CONFIG_INT,
     .count = 3,
     .range = "[1, 2000]",
     KM_CONFIG_AT(options, grid),
     .help = "FFT points."},
    {.key = "dft.kpoints.spacing",
     .kind = KM_CONFIG_REAL,
     .unit = "1/Ang",
     KM_CONFIG_AT(options, k_spacing_bohr),
     .help = "Distance."},
    {.key = "dft.kpoints.shift",
     .kind = KM_CONFIG_INT,
     .count = 3,
     .fallback = "[0, 0, 1]",
     KM_CONFIG_AT(options, shift),
     .help = "Half steps."},
    {.key = "dft.bands", .kind = KM_CONFIG_INT, KM_CONFIG_AT(options, bands), .help = "Bands."},
    {.key = "dft.pseudo",
     .kind = KM_CONFIG_TEXT,
     KM_CONFIG_AT(options, family),
     .help = "A family."},
    {.key = "dft.pseudo",
     .kind = KM_CONFIG_MAP,
     .element = pseudo_fields,
     KM_CONFIG_ARRAY_AT(options, pseudo, n_pseudo),
     .help = "Or one for each element."},
    {.key = "dft.scf.energy_tolerance",
     .kind = KM_CONFIG_REAL,
     .unit = "Ha",
     .range = "(0, 1)",
     KM_CONFIG_AT(options, tolerance_ha),
     .help = "Error."},
    {.key = "share",
     .kind = KM_CONFIG_REAL,
     .range = "[0, 1]",
     KM_CONFIG_AT(options, share),
     .help = "Share."},
    {.key = "forces",
     .kind = KM_CONFIG_BOOL,
     .fallback = "true",
     KM_CONFIG_AT(options, forces),
     .help = "Forces."},
    {0}};

static km_status read_text(const char *text, options *read)
{
    km_config *config;
    km_status status;

    KM_TRY(km_config_create("case.yaml", text, &config));
    status = km_config_read(config, schema, read);
    km_config_destroy(&config);
    return status;
}

static const char *const full = "campaign: {name: \"two: oxides\", time_limit: 30 min}\n"
                                "bulk:\n"
                                "  - {file: crystals/MgO.cif, name: rock}\n"
                                "  - crystals/CaO.cif\n"
                                "slab: {thickness: 20 Ang}\n"
                                "dft:\n"
                                "  quality: accurate\n"
                                "  ecut: 40 Ry\n"
                                "  grid: [36, 40, 45]\n"
                                "  kpoints: {spacing: 0.25 1/Ang, shift: [1, 0, 0]}\n"
                                "  pseudo:\n"
                                "    Mg: {file: POTENTIAL_UZH, entry: GTH-PBE-q2}\n"
                                "    O: {entry: GTH-PBE-q6}\n"
                                "  scf: {energy_tolerance: 1e-10 Ha}\n"
                                "share: 0.1\n"
                                "forces: false\n";

static void values_arrive_in_atomic_units(void **state)
{
    options read = {0};

    (void)state;
    ASSERT_OK(read_text(full, &read));
    assert_string_equal(read.name, "two: oxides");
    assert_true(read.time_limit_s == 1800);
    assert_int_equal(read.n_bulk, 2);
    assert_string_equal(read.bulk[0].name, "rock");
    assert_string_equal(read.bulk[1].file, "crystals/CaO.cif");
    ASSERT_CLOSE(read.thickness_bohr, 20 / KM_ANG_PER_BOHR, 1e-12);
    assert_int_equal(read.quality, 2);
    assert_true(read.ecut_ha == 20);
    assert_int_equal(read.grid[2], 45);
    ASSERT_CLOSE(read.k_spacing_bohr, 0.25 * KM_ANG_PER_BOHR, 1e-15);
    assert_int_equal(read.shift[0], 1);
    assert_int_equal(read.n_pseudo, 2);
    assert_string_equal(read.pseudo[0].symbol, "Mg");
    assert_string_equal(read.pseudo[0].file, "POTENTIAL_UZH");
    assert_string_equal(read.pseudo[1].file, "GTH_POTENTIALS");
    assert_true(read.tolerance_ha == 1e-10);
    assert_false(read.forces);
    KM_FREE(read.bulk);
}

static void absent_keys_take_their_fallback_or_keep_what_was(void **state)
{
    options read = {.ecut_ha = 12, .grid = {1, 2, 3}};

    (void)state;
    ASSERT_OK(read_text("dft: {pseudo: GTH-PBE}\ncampaign:\n", &read));
    assert_true(read.ecut_ha == 12);
    assert_int_equal(read.grid[1], 2);
    assert_string_equal(read.family, "GTH-PBE");
    assert_int_equal(read.quality, 1);
    assert_int_equal(read.shift[2], 1);
    assert_true(read.time_limit_s == 2 * 86400);
    assert_true(read.forces);
    assert_int_equal(read.n_bulk, 0);
}

static void one_key_can_be_read_before_the_others(void **state)
{
    options read = {.ecut_ha = 12};
    km_config *config;

    (void)state;
    ASSERT_OK(km_config_create("case.yaml", full, &config));
    ASSERT_OK(km_config_read_key(config, schema, "dft.quality", &read));
    assert_int_equal(read.quality, 2);
    assert_true(read.ecut_ha == 12);
    assert_int_equal(km_config_read_key(config, schema, "dft.qality", &read), KM_E_INTERNAL);
    km_config_destroy(&config);
}

static void lines_of_keys_are_known(void **state)
{
    km_config *config;

    (void)state;
    ASSERT_OK(km_config_create("case.yaml", full, &config));
    assert_int_equal(km_config_line(config, "dft.ecut"), 8);
    assert_int_equal(km_config_line(config, "bulk[0].file"), 3);
    assert_int_equal(km_config_line(config, "bulk[1].file"), 4);
    assert_int_equal(km_config_line(config, "bulk[2].file"), 0);
    assert_int_equal(km_config_line(config, "dft.bands"), 0);
    assert_string_equal(km_config_name(config), "case.yaml");
    km_config_destroy(&config);
}

static void echo_is_read_back_as_the_same_values(void **state)
{
    options first = {0}, second = {0};
    char *echo, *again;

    (void)state;
    ASSERT_OK(read_text(full, &first));
    /* Numbers that have no short decimal form. */
    first.thickness_bohr = 10 * KM_BOHR_PER_ANG / 3;
    first.k_spacing_bohr = 1.0 / 7;
    strcpy(first.bulk[1].name, "a \"b\" \\ #c\t");
    ASSERT_OK(km_config_echo(schema, &first, &echo));
    ASSERT_OK(read_text(echo, &second));
    ASSERT_OK(km_config_echo(schema, &second, &again));
    assert_string_equal(echo, again);
    assert_string_equal(second.bulk[1].name, first.bulk[1].name);
    assert_true(second.thickness_bohr == first.thickness_bohr);
    assert_true(second.k_spacing_bohr == first.k_spacing_bohr);
    assert_non_null(strstr(echo, "  scf:\n    energy_tolerance: 1e-10 Ha\n"));
    assert_non_null(strstr(echo, "    Mg: {entry: GTH-PBE-q2, file: POTENTIAL_UZH}\n"));
    assert_non_null(strstr(echo, "  name: \"two: oxides\"\n"));
    KM_FREE(echo);
    KM_FREE(again);
    KM_FREE(first.bulk);
    KM_FREE(second.bulk);
}

/* Wrong files, and what the message must hold. */
static const struct {
    const char *text, *line, *wanted;
} wrong[] = {
    {"dft: {ecutt: 40 Ha}", "1: dft.ecutt = 40 Ha is not", "wanted dft.ecut?"},
    {"\necut: 40 Ha", "2: ecut = 40 Ha is not", "wanted dft.ecut?"},
    {"dtf: {ecut: 40 Ha}", "1: dtf = {...} is not", "wanted dft?"},
    {"dft:\n  scf:\n    energy_tolerence: 1 Ha", "3: dft.scf.energy_tolerence", "_tolerance?"},
    {"dft: {k_spacing: 1 1/Ang}", "1: dft.k_spacing = 1 1/Ang", "dft.kpoints.spacing?"},
    {"colour: red", "1: colour = red is not",
     "one of campaign, bulk, slab, dft, share, forces"},
    {"bulk:\n  - {fil: x}", "2: bulk[0].fil = x", "wanted bulk[0].file?"},
    {"dft:\n  ecut: 40", "2: dft.ecut = 40 has no unit", "Ha, Ry, eV, meV"},
    {"dft: {ecut: 40 Ang}", "1: dft.ecut = 40 Ang has the wrong unit", "Ha, Ry"},
    {"dft: {ecut: 40 Hartree}", "unknown unit 'Hartree'", "Ha, Ry"},
    {"dft: {ecut: -3 Ha}", "1: dft.ecut = -3 Ha is out of range", "(0, 1000] Ha"},
    {"dft: {ecut: 0 Ha}", "is out of range", "(0, 1000] Ha"},
    {"dft: {ecut: 1000.1 Ha}", "is out of range", "(0, 1000] Ha"},
    {"dft: {ecut: nan Ha}", "is not a number", "Ha, Ry"},
    {"dft: {ecut: high}", "dft.ecut = high is not a number", "a number with unit"},
    {"dft: {ecut: }", "1: dft.ecut =  is empty", "a number with unit"},
    {"dft: {ecut: [1 Ha]}", "dft.ecut = [1 Ha] is a list", "a number with unit"},
    {"slab: {thickness: 20.001 Ang}", "is out of range", "[1, 20] Ang"},
    {"dft: {grid: [36, 36]}", "dft.grid = [36, 36] has 2 values", "3 values"},
    {"dft: {grid: [36, 36, 0]}", "dft.grid = 0 is out of range", "3 values"},
    {"dft: {grid: 36}", "dft.grid = 36 is a plain value", "3 values"},
    {"dft: {grid: [1, 2, [3]]}", "dft.grid = [3] is no plain value", "3 values"},
    {"dft: {bands: 8.5}", "dft.bands = 8.5 is not an integer", "an integer"},
    {"dft: {bands: 99999999999}", "is out of range", "an integer"},
    {"share: 1 Ha", "share = 1 Ha has 'Ha' behind a pure number", "[0, 1]"},
    {"forces: maybe", "forces = maybe is neither", "true or false"},
    {"dft: {quality: acurate}", "did you mean accurate?", "lite, standard, accurate"},
    {"dft: {pseudo: [a]}", "dft.pseudo = [a] is a list", "text, or a map"},
    {"dft: {pseudo: {Mg: a, O: b, Ti: c}}", "has 3 elements", "at most 2"},
    {"dft: {pseudo: {Magnesium: a}}", "dft.pseudo.Magnesium = Magnesium has 9", "text"},
    {"dft: {pseudo: {Mg: {entri: x}}}", "dft.pseudo.Mg.entri", "dft.pseudo.Mg.entry?"},
    {"bulk: {file: x}", "bulk = {...} is a map", "a list"},
    {"bulk:\n  - {name: x}", "2: bulk[0].file is missing", "Crystal file."},
    {"bulk:\n  - a\n  -\n", "3: bulk[1] =  is no element", "a map"},
    {"bulk:\n  - [a]\n", "2: bulk[0] = [a] is no element", "a map"},
    {"dft: 5", "1: dft = 5 is not a section", "a map"},
    {"campaign: {name: 123456789012345678901234567890123}", "33 characters", "text"},
    {"forces: true\nforces: false", "2: the key forces is written twice", "line 1"},
    {"dft:\n  ecut: 1 Ha\n  ecut: 2 Ha", "3: the key ecut is written twice", "line 2"},
    {"dft: {ecut: 40 Ha", "flow mapping from line 1", "wanted YAML"},
    {"forces: true\n\tshare: 1", "case.yaml:2", "wanted YAML"},
    {"forces: *nothing", "case.yaml:1", "wanted YAML"},
    {"forces: \xff", "case.yaml:1", "wanted YAML"},
    {"? [a, b]\n: c", "1: a key is itself a list", "wanted a word"},
    {"- a\n- b", "1: is not a map", "key: value"},
    {"just words", "1: is not a map", "key: value"},
    {"# nothing", "1: holds no keys", "key: value"},
    {"", "1: holds no keys", "key: value"},
    {"forces: true\n---\nforces: false", "a second document begins", "wanted one"},
};

static void wrong_files_are_refused_with_line_value_and_wish(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        options read = {0};
        km_status status = read_text(wrong[i].text, &read);
        const char *message = km_status_message();

        if (status != KM_E_INPUT || strncmp(message, "case.yaml:", 10) != 0 ||
            !strstr(message, wrong[i].line) || !strstr(message, wrong[i].wanted))
            fail_msg("\"%s\" gave %d \"%s\"", wrong[i].text, status, message);
        KM_FREE(read.bulk);
    }
}

static void a_node_inside_itself_ends(void **state)
{
    options read = {0};

    (void)state;
    assert_int_equal(read_text("dft: &a {pseudo: {Mg: *a}}", &read), KM_E_INPUT);
    assert_int_equal(read_text("bulk: &a [*a]", &read), KM_E_INPUT);
    KM_FREE(read.bulk);
}

/* Every file cut short somewhere is read or refused, never worse. */
static void truncated_files_do_no_harm(void **state)
{
    char part[1024];

    (void)state;
    for (size_t n = 0; n < strlen(full); ++n) {
        options read = {0};
        km_status status;

        memcpy(part, full, n);
        part[n] = '\0';
        status = read_text(part, &read);
        assert_true(status == KM_OK || status == KM_E_INPUT);
        KM_FREE(read.bulk);
    }
}

static void the_table_is_documented(void **state)
{
    char *text;

    (void)state;
    ASSERT_OK(km_config_describe(schema, &text));
    assert_non_null(strstr(text, "| `slab.thickness` | a number with unit (bohr, Ang, nm) in "
                                 "[1, 20] Ang | `10 Ang` | Thickness. |\n"));
    assert_non_null(strstr(text, "| `bulk[].file` | text | *required* | Crystal file. |\n"));
    assert_non_null(strstr(text, "| `dft.pseudo.KEY.entry` | text |"));
    KM_FREE(text);
}

static void mistakes_in_a_table_are_found(void **state)
{
    km_config_field row[] = {{.key = "a.b",
                              .kind = KM_CONFIG_REAL,
                              .unit = "Ha",
                              .range = "(0, 1]",
                              .fallback = "1 eV",
                              KM_CONFIG_AT(options, ecut_ha),
                              .help = "Help."},
                             {0}};
    km_config_field broken[2];

    (void)state;
    ASSERT_OK(km_config_check_schema(schema));
    ASSERT_OK(km_config_check_schema(row));
#define ASSERT_BROKEN(change)                                                                  \
    do {                                                                                       \
        memcpy(broken, row, sizeof row);                                                       \
        broken[0].change;                                                                      \
        assert_int_equal(km_config_check_schema(broken), KM_E_INTERNAL);                       \
    } while (0)
    ASSERT_BROKEN(unit = "Hartree");
    ASSERT_BROKEN(range = "0..1");
    ASSERT_BROKEN(fallback = "1");
    ASSERT_BROKEN(fallback = "2 Ha");
    ASSERT_BROKEN(help = NULL);
    ASSERT_BROKEN(kind = KM_CONFIG_INT);
    ASSERT_BROKEN(kind = KM_CONFIG_CHOICE);
    ASSERT_BROKEN(count = 3);
}

static void reference_cases_are_parsed(void **state)
{
    char path[1024];
    km_config *config;
    char *text;

    (void)state;
    if (!km_test_shared()) KM_SKIP("no reference data");
    snprintf(path, sizeof path, "%s/reference/mgo_bulk/case.yaml", km_test_shared());
    ASSERT_OK(km_file_read_text(path, &text));
    ASSERT_OK(km_config_create(path, text, &config));
    assert_int_equal(km_config_line(config, "dft.pseudo.Mg.entry"), 6);
    KM_FREE(text);
    km_config_destroy(&config);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_arrive_in_atomic_units),
    cmocka_unit_test(absent_keys_take_their_fallback_or_keep_what_was),
    cmocka_unit_test(one_key_can_be_read_before_the_others),
    cmocka_unit_test(lines_of_keys_are_known),
    cmocka_unit_test(echo_is_read_back_as_the_same_values),
    cmocka_unit_test(wrong_files_are_refused_with_line_value_and_wish),
    cmocka_unit_test(a_node_inside_itself_ends),
    cmocka_unit_test(truncated_files_do_no_harm),
    cmocka_unit_test(the_table_is_documented),
    cmocka_unit_test(mistakes_in_a_table_are_found),
    cmocka_unit_test(reference_cases_are_parsed),
};
KM_TEST_MAIN(tests)
