/* np: 1 */
#include "files.h"
#include "samples.h"

#include "kaimen/base/log.h"
#include "kaimen/crystal/cif.h"
#include "kaimen/crystal/element.h"
#include "kaimen/crystal/symmetry.h"

#include <glob.h>

#define ROUNDING 1e-12

/* The crystals of Debian's package libavogadro-data. */
#define COLLECTION "/usr/share/*/crystals/*/*.cif"
/* Coordinates with four or five digits, after they were put onto their symmetry elements. */
#define COLLECTION_TOLERANCE_BOHR 1e-3

#define CELL(a, b, c, alpha, beta, gamma)                                                      \
    "_cell_length_a " a "\n_cell_length_b " b "\n_cell_length_c " c                            \
    "\n_cell_angle_alpha " alpha "\n_cell_angle_beta " beta "\n_cell_angle_gamma " gamma "\n"
#define CUBIC CELL("4.21(1)", "4.21", "4.21", "90", "90", "90")
#define HEXAGONAL CELL("4.913", "4.913", "5.405", "90", "90", "120.0")
#define ATOMS                                                                                  \
    "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"

static void assert_crystal(const char *text, const char *formula, int n_atom, int number)
{
    km_crystal *crystal = read_text("a.cif", text);
    char found[KM_FORMULA_SIZE];
    km_symmetry *symmetry;

    km_crystal_reduced_formula(crystal, found);
    assert_string_equal(found, formula);
    assert_int_equal(km_crystal_n_atom(crystal), n_atom);
    ASSERT_OK(km_symmetry_create(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry));
    assert_int_equal(km_symmetry_number(symmetry), number);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void symbol_number_and_list_give_the_same_crystal(void **state)
{
    const char *symmetries[7] = {
        "_symmetry_space_group_name_H-M 'F m -3 m'\n",
        "_symmetry_space_group_name_H-M \"F m 3 m\"\n",
        "_space_group_name_H-M_alt 'FM-3M'\n",
        "_symmetry_space_group_name_Hall '-F 4 2 3'\n",
        "_space_group_IT_number 225\n",
        "_symmetry_Int_Tables_number 225 _symmetry_space_group_name_H-M 'F 4/m -3 2/m'\n",
        "_symmetry_space_group_name_H-M ?\n_space_group.IT_number 225\n"};
    char text[1024];

    (void)state;
    for (int i = 0; i < 7; i++) {
        snprintf(text, sizeof text, "data_x\n%s%s%sMg1 0 0 0\nO1 0.5 0 0\n", CUBIC,
                 symmetries[i], ATOMS);
        assert_crystal(text, "MgO", 8, 225);
    }
}

static void listed_operations_are_applied(void **state)
{
    (void)state;
    assert_crystal("data_x\n" HEXAGONAL
                   "loop_\n_symmetry_equiv_pos_site_id\n_symmetry_equiv_pos_as_xyz\n"
                   "1 x,y,z 2 '-y, x-y, z+2/3' 3 ' -X+Y , -X, Z+0.33333'\n"
                   "4 y,x,2/3-z 5 +x-y,-y,-z 6 -x,-x+y,1/3-z\n" ATOMS
                   "Si .4697(2) 0 0\nO .4133 .2672 .1188\n",
                   "O2Si", 9, 154);
}

/* 0.3333 is 1/3: the atom is put there exactly and counted once. */
static void rounded_special_positions_become_exact(void **state)
{
    km_crystal *crystal =
        read_text("a.cif", "data_x\n" CELL("2.95", "2.95", "4.68", "90", "90",
                                           "120") "_symmetry_Int_Tables_number 194\n" ATOMS
                                                  "Ti 0.333 0.667 .25\n");

    (void)state;
    assert_int_equal(km_crystal_n_atom(crystal), 2);
    assert_near(km_crystal_frac(crystal)[0], 1. / 3, ROUNDING);
    assert_near(km_crystal_frac(crystal)[1], 2. / 3, ROUNDING);
    km_crystal_destroy(&crystal);
}

static void axes_follow_the_cell(void **state)
{
    const char *rhombohedral =
        "data_x\n" CELL("5.13", "5.13", "5.13", "55.28", "55.28",
                        "55.28") "_symmetry_space_group_name_H-M 'R -3 c'\n" ATOMS
                                 "Al .352 .352 .352\nO .556 -.056 .25\n";
    const char *hexagonal =
        "data_x\n" CELL("4.759", "4.759", "12.993", "90", "90",
                        "120") "_symmetry_space_group_name_H-M 'R -3 c'\n" ATOMS
                               "Al 0 0 .35219\nO .30633 0 .25\n";

    (void)state;
    assert_crystal(rhombohedral, "Al2O3", 10, 167);
    assert_crystal(hexagonal, "Al2O3", 30, 167);
}

static void origin_must_be_stated_where_the_group_has_two(void **state)
{
#define SPINEL(name)                                                                           \
    "data_x\n" CELL("8.08", "8.08", "8.08", "90", "90",                                        \
                    "90") "_symmetry_space_group_name_H-M '" name "'\n" ATOMS
    (void)state;
    assert_crystal(
        SPINEL("F d -3 m :2") "Mg .125 .125 .125\nAl .5 .5 .5\nO .2624 .2624 .2624\n",
        "Al2MgO4", 56, 227);
    assert_crystal(SPINEL("F d 3 m S") "Mg 0 0 0\nAl .625 .625 .625\nO .3874 .3874 .3874\n",
                   "Al2MgO4", 56, 227);
    assert_refused("a.cif", SPINEL("F d -3 m") "Mg 0 0 0\n", 8, "two choices of origin");
#undef SPINEL
}

static void monoclinic_axis_follows_the_cell(void **state)
{
    (void)state;
    /* Baddeleyite, P2_1/c with unique axis b and with unique axis c. */
    assert_crystal(
        "data_x\n" CELL("5.15", "5.21", "5.32", "90", "99.2",
                        "90") "_symmetry_space_group_name_H-M 'P 21/c'\n" ATOMS
                              "Zr .275 .040 .208\nO1 .070 .332 .345\nO2 .450 .757 .479\n",
        "O2Zr", 12, 14);
    assert_crystal(
        "data_x\n" CELL("5.32", "5.15", "5.21", "90", "90",
                        "99.2") "_symmetry_space_group_name_H-M 'P 1 1 21/a'\n" ATOMS
                                "Zr .208 .275 .040\nO1 .345 .070 .332\nO2 .479 .450 .757\n",
        "O2Zr", 12, 14);
}

static void messy_syntax_is_understood(void **state)
{
    (void)state;
    assert_crystal(
        "# a comment\r\n\r\nDATA_Messy # here too\r\n_publ_author_name 'O'Neill, P.'\r\n"
        "_publ_section_title\r\n;\r\n loop_ 'unclosed\r\n data_ no block\r\n;\r\n"
        "_empty_name\r\n_chemical_formula_sum 'Mg O'\r\n" CUBIC
        "LOOP_\r\n_atom_type_symbol\r\n_atom_type_oxidation_number\r\nMg2+ 2\r\nO2- -2\r\n"
        "_Space_Group_IT_Number 225\r\n"
        "loop_\r\n_atom_site_fract_z _atom_site_occupancy _atom_site_fract_x\r\n"
        "_atom_site_type_symbol _atom_site_fract_y _atom_site_label\r\n"
        "0.0 1.0 .0(1) Mg2+ 0 M1\r\n 0 . 5.0E-1 O2- +0.0 'X(2)'\r\n"
        "loop_\n_geom_bond_distance\n_geom_bond_site\n2.1\n",
        "MgO", 8, 225);
}

static void block_is_chosen_by_name_or_number(void **state)
{
    const char *path = make_file(
        "two.cif",
        "data_global\n_journal_year 1920\n"
        "data_salt\n" CUBIC "_space_group_IT_number 225\n" ATOMS "Na 0 0 0\nCl .5 0 0\n"
        "data_metal\n" CUBIC "_space_group_IT_number 225\n" ATOMS "Cu 0 0 0\n");
    const char *blocks[4] = {NULL, "salt", "metal", "3"};
    const int n_atom[4] = {8, 8, 4, 4};
    km_cif_statement statement;
    km_crystal *crystal;

    (void)state;
    for (int i = 0; i < 4; i++) {
        ASSERT_OK(km_cif_read(path, blocks[i], &crystal, &statement));
        assert_int_equal(km_crystal_n_atom(crystal), n_atom[i]);
        assert_string_equal(statement.block, i < 2 ? "salt" : "metal");
        assert_int_equal(statement.number, 225);
        assert_int_equal(statement.n_operation, 192);
        km_crystal_destroy(&crystal);
    }
    assert_int_equal(km_cif_read(path, "gold", &crystal, NULL), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "'gold'"));
    assert_int_equal(km_cif_read(path, "global", &crystal, NULL), KM_E_INPUT);
    assert_null(crystal);
    remove_file(path);
}

static void cartesian_coordinates_are_read(void **state)
{
    km_crystal *crystal = read_text(
        "a.cif", "data_x\n" HEXAGONAL "_space_group_IT_number 1\n"
                 "loop_\n_atom_site_type_symbol\n_atom_site_Cartn_x\n_atom_site_Cartn_y\n"
                 "_atom_site_Cartn_z\nSi 0 0 0\nD 1 1.5 2\n");
    double cart[6];

    (void)state;
    assert_int_equal(km_crystal_z(crystal)[1], 1);
    km_crystal_compute_cart(crystal, cart);
    assert_near(cart[3] * KM_ANG_PER_BOHR, 1, ROUNDING);
    assert_near(cart[4] * KM_ANG_PER_BOHR, 1.5, ROUNDING);
    assert_near(cart[5] * KM_ANG_PER_BOHR, 2, ROUNDING);
    km_crystal_destroy(&crystal);
}

static void labels_that_could_be_two_elements_need_the_formula(void **state)
{
#define LABELS "_space_group_IT_number 1\n" ATOMS "HO1 0 0 0\nOW .4 0 0\nsi2 .5 .5 .5\n"
    (void)state;
    assert_crystal("data_x\n_chemical_formula_sum 'H O Si'\n" CUBIC LABELS, "HOSi", 3, 99);
    assert_crystal("data_x\n_chemical_formula_sum 'Ho O Si'\n" CUBIC LABELS, "HoOSi", 3, 99);
    assert_refused("a.cif", "data_x\n" CUBIC LABELS, 14, "'HO1' is not clearly an element");
#undef LABELS
}

static void bad_syntax_is_refused(void **state)
{
    (void)state;
    assert_refused("a.cif", "", 0, "no data_ block");
    assert_refused("a.cif", "Mg 0 0 0\n", 1, "follows no name");
    assert_refused("a.cif", "_cell_length_a 4\n", 1, "before the first data_");
    assert_refused("a.cif", "data_x\n" CUBIC, 0, "no atom has coordinates");
    assert_refused("a.cif", "data_x\n_publ_section_title\n;\nno end\n", 3, "no closing ';'");
    assert_refused("a.cif", "data_x\n_publ_author_name 'A. Nobody\n", 2, "has no end");
    assert_refused("a.cif", "data_x\n_cell_length_a", 2, "cut off");
    assert_refused("a.cif",
                   "data_x\n" CUBIC "_space_group_IT_number 1\n" ATOMS "Mg 0 0 0\nO .5 0", 11,
                   "cut off");
    assert_refused("a.cif",
                   "data_x\n" CUBIC
                   "loop_\n_atom_site_fract_x\n0\n0.5\nloop_\n_atom_site_fract_y\n"
                   "0\n0\n_atom_site_fract_z 0\n",
                   13, "same loop");
}

static void bad_cells_are_refused(void **state)
{
#define REST "_space_group_IT_number 1\n" ATOMS "Mg 0 0 0\n"
    (void)state;
    assert_refused("a.cif", "data_x\n_cell_length_a 4\n_cell_length_b 4\n" REST, 0,
                   "_cell_angle_alpha is wanted");
    assert_refused("a.cif", "data_x\n" CELL("4", "0", "4", "90", "90", "90") REST, 3, "'0'");
    assert_refused("a.cif", "data_x\n" CELL("4", "4", "-4", "90", "90", "90") REST, 4, "'-4'");
    assert_refused("a.cif", "data_x\n" CELL("4", "4", "nan", "90", "90", "90") REST, 4,
                   "'nan'");
    assert_refused("a.cif", "data_x\n" CELL("4", "4", "4", "90", "180", "90") REST, 6, "'180'");
    assert_refused("a.cif", "data_x\n" CELL("4", "4", "4", "40", "40", "100") REST, 5,
                   "no cell has the angles");
#undef REST
}

static void bad_symmetry_is_refused(void **state)
{
#define LIST "loop_\n_symmetry_equiv_pos_as_xyz\n"
    (void)state;
    assert_refused("a.cif", "data_x\n" CUBIC ATOMS "Mg 0 0 0\n", 0, "states no symmetry");
    assert_refused("a.cif", "data_x\n" CUBIC "_space_group_IT_number 231\n" ATOMS "Mg 0 0 0\n",
                   8, "'231'");
    assert_refused("a.cif",
                   "data_x\n" CUBIC "_symmetry_space_group_name_H-M 'Q m m m'\n" ATOMS
                   "Mg 0 0 0\n",
                   8, "'Q m m m'");
    assert_refused("a.cif",
                   "data_x\n" HEXAGONAL "_space_group_IT_number 225\n" ATOMS "Mg 0 0 0\n", 8,
                   "lacks the symmetry");
    assert_refused("a.cif", "data_x\n" CUBIC LIST "x,y,z\n-x,-y\n" ATOMS "Mg 0 0 0\n", 11,
                   "'-x,-y'");
    assert_refused("a.cif", "data_x\n" CUBIC LIST "x,y,z\ny,z,x\n" ATOMS "Mg 0 0 0\n", 9,
                   "no group");
    assert_refused("a.cif",
                   "data_x\n" HEXAGONAL LIST "x,y,z\ny,z,x\nz,x,y\n" ATOMS "Mg 0 0 0\n", 11,
                   "lacks the symmetry");
    assert_refused("a.cif",
                   "data_x\n" CUBIC "_space_group_IT_number 16\n" LIST "x,y,z\n-x,-y,-z\n" ATOMS
                   "Mg 0 0 0\n",
                   10, "space group 2 (P-1), but the file states 16");
#undef LIST
}

static void bad_atoms_are_refused(void **state)
{
#define START "data_x\n" CUBIC "_space_group_IT_number 1\n"
#define FULL_ATOMS                                                                             \
    "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"    \
    "_atom_site_occupancy\n"
    (void)state;
    assert_refused("a.cif", START ATOMS "Mg 0 0 0\nXx .5 0 0\n", 15, "'Xx'");
    assert_refused("a.cif", START ATOMS "Mg 0 0 0\nT1 .5 0 0\n", 15, "'T1'");
    assert_refused("a.cif", START ATOMS "Mg 0 0 0\nWat1 .5 0 0\n", 15, "'Wat1'");
    assert_refused("a.cif", START ATOMS "Mg 0 0 0\nO ? 0 0\n", 15, "'?'");
    assert_refused("a.cif", START ATOMS "Mg 0 nan 0\n", 14, "'nan'");
    assert_refused("a.cif", START ATOMS "Mg 0 0.5(2 0\n", 14, "'0.5(2'");
    assert_refused("a.cif", START ATOMS "? ? ? ?\n", 0, "no atom has coordinates");
    assert_refused("a.cif", START ATOMS "Mg 0 0 0\nO .1 0 0\n", 15, "0.421 Ang apart");
    assert_refused("a.cif", START ATOMS "Mg 0 0 0\nFe 0 0 1\n", 15,
                   "on the site of Mg (line 14)");
    assert_refused("a.cif", START FULL_ATOMS "Mg 0 0 0 0.5\n", 15, "partial occupancy 0.5");
    assert_refused("a.cif", START FULL_ATOMS "Mg 0 0 0 1.5\n", 15, "partial occupancy 1.5");
    assert_refused("a.cif", START FULL_ATOMS "Mg 0 0 0 full\n", 15, "'full'");
    assert_refused("a.cif",
                   START "_chemical_formula_sum 'H2 Mg O2'\n" ATOMS "Mg 0 0 0\nO .5 0 0\n"
                         "O 0 .5 0\n",
                   0, "positions of hydrogen are missing");
    assert_refused("a.cif",
                   START "_chemical_formula_sum 'Mg2 O'\n" ATOMS "Mg 0 0 0\nO .5 0 0\n", 0,
                   "the atoms are MgO");
#undef START
#undef FULL_ATOMS
}

/* Reasons to refuse a file of the collection, each told by words of its message. */
static const struct {
    const char *words;
    const char *reason;
} reasons[] = {
    {"partial occupancy", "partial occupancy"},
    {"hydrogen", "no positions of hydrogen"},
    {"'Wat", "water as one site"},
    {"no atom has coordinates", "no coordinates"},
    {"lacks the symmetry", "cell contradicts the space group"},
    {"stated formula", "atoms contradict the formula"},
    {"apart", "atoms on top of each other"},
    {"cut off", "atom list ends amid an atom"},
    {"follows no name", "atom list is followed by rubbish"},
};
#define N_REASON ((int)(sizeof reasons / sizeof *reasons))

/* Files that are themselves wrong, examined by hand: what the reader says of them is the case. */
static const struct {
    const char *file;
    const char *reason;
} wrong_files[] = {
    {"AlCl3.cif", "no coordinates"},                       /* ? ? ? ? */
    {"W2C.cif", "cell contradicts the space group"},       /* trigonal, gamma = 90 */
    {"WO2.cif", "cell contradicts the space group"},       /* tetragonal, gamma = 120 */
    {"In-Indium.cif", "cell contradicts the space group"}, /* lengths and angles swapped */
    {"LiNbO3-LithiumNiobate.cif",
     "cell contradicts the space group"},                    /* R axes, hexagonal cell */
    {"MgCO3-Magnesite.cif", "atoms contradict the formula"}, /* positions of another origin */
    {"BN.cif", "atoms contradict the formula"},              /* N at 0 0 0, B at 1/3 2/3 z */
    {"Mg(OH)2-Brucite.cif", "atoms on top of each other"},   /* H split in three */
    {"CoFe2O4.cif", "atoms on top of each other"},           /* the other origin's positions */
    {"NiFe2O4.cif", "atoms on top of each other"},           /* the same */
    {"VSV.cif", "atoms on top of each other"},               /* T2 beside the mirror */
    {"Er-Erbium.cif", "atom list is followed by rubbish"},   /* rests of an older text */
    {"Eu-Europium.cif", "atom list is followed by rubbish"},
    {"Se-Selenium.cif", "atom list ends amid an atom"},
    {"Bi2S3-Bismuthinite.cif", "atom list ends amid an atom"},
};

static const char *reason_of_refusal(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    const char *reason = NULL;

    for (int i = 0; i < N_REASON && !reason; i++)
        if (strstr(km_status_message(), reasons[i].words)) reason = reasons[i].reason;
    if (!reason) fail_msg("%s: refused for no known reason: %s", name, km_status_message());
    if (strcmp(reason, reasons[0].reason) == 0 || strcmp(reason, reasons[1].reason) == 0 ||
        strcmp(reason, reasons[2].reason) == 0)
        return reason;
    for (int i = 0; i < (int)(sizeof wrong_files / sizeof *wrong_files); i++)
        if (strcmp(wrong_files[i].file, name) == 0 &&
            strcmp(wrong_files[i].reason, reason) == 0)
            return reason;
    fail_msg("%s is not known to be wrong: %s", name, km_status_message());
    return NULL;
}

/* Number of an element in a formula such as "Al2 O3"; written anew here, to check the reader. */
static double count_in_formula(const char *formula, const char *symbol)
{
    char copy[KM_FORMULA_SIZE], *rest = copy, *word;
    double sum = 0;

    snprintf(copy, sizeof copy, "%s", formula);
    while ((word = strsep(&rest, " "))) {
        size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

        if (n == strlen(symbol) && strncmp(word, symbol, n) == 0)
            sum += word[n] == '\0' ? 1 : strtod(word + n, NULL);
    }
    return sum;
}

static void assert_stated_composition(const char *path, const km_crystal *crystal,
                                      const km_cif_statement *statement)
{
    double count[KM_Z_MAX + 1] = {0}, scale = 0;

    if (statement->formula[0] == '\0') return;
    for (int i = 0; i < km_crystal_n_atom(crystal); i++) count[km_crystal_z(crystal)[i]]++;
    for (int z = 1; z <= KM_Z_MAX; z++) {
        double stated = count_in_formula(statement->formula, km_element_symbol(z));

        if (stated > 0 && scale == 0) scale = count[z] / stated;
        if (fabs(stated * scale - count[z]) > 1e-6)
            fail_msg("%s: %g %s, stated is %s", path, count[z], km_element_symbol(z),
                     statement->formula);
    }
}

/*
 * The stated group must be the one found or a subgroup of it: rounded or idealised structures often have more symmetry
 * than their authors state, but never less. Its operations were applied, so it divides the group that is found.
 */
static bool has_more_symmetry(const char *path, const km_crystal *crystal,
                              const km_cif_statement *statement)
{
    km_symmetry *symmetry;
    int n_found, number;

    ASSERT_OK(km_symmetry_create(crystal, COLLECTION_TOLERANCE_BOHR, &symmetry));
    n_found = km_symmetry_n_operation(symmetry);
    number = km_symmetry_number(symmetry);
    km_symmetry_destroy(&symmetry);
    if (statement->number != statement->operation_number && statement->number != 0)
        fail_msg("%s: group %d was applied, %d is stated", path, statement->operation_number,
                 statement->number);
    if (n_found % statement->n_operation != 0 ||
        (n_found == statement->n_operation && number != statement->operation_number))
        fail_msg("%s: group %d (%d operations) found, %d (%d) stated", path, number, n_found,
                 statement->operation_number, statement->n_operation);
    return n_found > statement->n_operation;
}

static void collection_is_read_as_stated_or_refused_with_a_reason(void **state)
{
    int n_read = 0, n_higher = 0, n_without_formula = 0, n_refused[N_REASON] = {0};
    glob_t files;

    (void)state;
    if (glob(COLLECTION, 0, NULL, &files) != 0) {
        print_message("no " COLLECTION ": install libavogadro-data\n");
        skip();
    }
    km_log_configure(0, KM_LOG_ERROR);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *path = files.gl_pathv[i];
        km_cif_statement statement;
        km_crystal *crystal;

        if (km_cif_read(path, NULL, &crystal, &statement) == KM_OK) {
            assert_stated_composition(path, crystal, &statement);
            n_higher += has_more_symmetry(path, crystal, &statement);
            n_without_formula += statement.formula[0] == '\0';
            n_read++;
            km_crystal_destroy(&crystal);
        } else {
            const char *reason = reason_of_refusal(path);

            for (int j = 0; j < N_REASON; j++)
                if (strcmp(reasons[j].reason, reason) == 0) {
                    n_refused[j]++;
                    break;
                }
        }
    }
    km_log_configure(0, KM_LOG_INFO);
    print_message(
        "%zu files: %d read (%d with more symmetry than stated, %d state no formula)\n",
        files.gl_pathc, n_read, n_higher, n_without_formula);
    for (int j = 0; j < N_REASON; j++)
        if (n_refused[j] > 0)
            print_message("refused, %s: %d\n", reasons[j].reason, n_refused[j]);
    assert_true(n_read * 10 > 8 * (int)files.gl_pathc);
    globfree(&files);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(symbol_number_and_list_give_the_same_crystal),
    cmocka_unit_test(listed_operations_are_applied),
    cmocka_unit_test(rounded_special_positions_become_exact),
    cmocka_unit_test(axes_follow_the_cell),
    cmocka_unit_test(origin_must_be_stated_where_the_group_has_two),
    cmocka_unit_test(monoclinic_axis_follows_the_cell),
    cmocka_unit_test(messy_syntax_is_understood),
    cmocka_unit_test(block_is_chosen_by_name_or_number),
    cmocka_unit_test(cartesian_coordinates_are_read),
    cmocka_unit_test(labels_that_could_be_two_elements_need_the_formula),
    cmocka_unit_test(bad_syntax_is_refused),
    cmocka_unit_test(bad_cells_are_refused),
    cmocka_unit_test(bad_symmetry_is_refused),
    cmocka_unit_test(bad_atoms_are_refused),
    cmocka_unit_test(collection_is_read_as_stated_or_refused_with_a_reason),
};
KM_TEST_MAIN(tests)
