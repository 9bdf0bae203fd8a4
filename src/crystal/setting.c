#include "crystal/setting.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define N_NAME 64

/* Lower case, without blanks and underscores; tokens that are a lone "1" are left out on request. */
static void squeeze(const char *name, bool drop_ones, char squeezed[N_NAME])
{
    int n = 0;

    for (const char *c = name; *c != '\0' && n + 1 < N_NAME; c++) {
        bool is_lone = *c == '1' && c > name && c[-1] == ' ' && (c[1] == ' ' || c[1] == '\0');

        if (isspace((unsigned char)*c) || *c == '_' || (drop_ones && is_lone)) continue;
        squeezed[n++] = (char)tolower((unsigned char)*c);
    }
    squeezed[n] = '\0';
}

/* Split "F d -3 m :2" into "F d -3 m" and "2". Old letters: S and Z are the first and second origin. */
static void split_choice(const char *name, char symbol[N_NAME], char choice[N_NAME])
{
    char *colon, *blank;

    snprintf(symbol, N_NAME, "%s", name);
    choice[0] = '\0';
    while (symbol[0] != '\0' && isspace((unsigned char)symbol[strlen(symbol) - 1]))
        symbol[strlen(symbol) - 1] = '\0';
    colon = strpbrk(symbol, ":({");
    blank = strrchr(symbol, ' ');
    if (colon) {
        snprintf(choice, N_NAME, "%s", colon + 1);
        *colon = '\0';
    } else if (blank && strchr("SZHR", blank[1]) && blank[1] != '\0' && blank[2] == '\0') {
        snprintf(choice, N_NAME, "%s", blank + 1);
        *blank = '\0';
    }
}

static bool has_choice(const km_setting *setting, const char *choice)
{
    char wanted[N_NAME];

    squeeze(choice, false, wanted);
    if (strncmp(wanted, "rhombohedral", 12) == 0) strcpy(wanted, "r");
    if (strncmp(wanted, "hexagonal", 9) == 0) strcpy(wanted, "h");
    if (strncmp(wanted, "originchoice", 12) == 0) memmove(wanted, wanted + 12, 2);
    if (strcmp(wanted, "s") == 0) strcpy(wanted, "1");
    if (strcmp(wanted, "z") == 0) strcpy(wanted, "2");
    if (wanted[0] != '\0') wanted[strcspn(wanted, ")}")] = '\0';
    /* Letters that mean nothing to a group without choices are ignored, as in "P 6/m c c S". */
    return wanted[0] == '\0' || setting->choice[0] == '\0' ||
           strcasecmp(wanted, setting->choice) == 0;
}

/* The double glide e of 1992 was a, b, c before; -3 of the cubic groups was 3. */
static bool is_same_symbol(const char *new, const char *old, bool is_cubic)
{
    for (; *new != '\0'; new ++) {
        if (is_cubic && strncmp(new, "-3", 2) == 0 && *old == '3') continue;
        if (*new != *old && !(*new == 'e' && *old >= 'a' && *old <= 'c')) return false;
        old++;
    }
    return *old == '\0';
}

static bool is_named(const km_setting *setting, const char *entry, const char *wanted)
{
    bool is_monoclinic = setting->number >= 3 && setting->number <= 15;
    bool is_cubic = setting->number >= 195;
    char squeezed[N_NAME];

    squeeze(entry, false, squeezed);
    if (is_same_symbol(squeezed, wanted, is_cubic)) return true;
    if (!is_monoclinic) return false;
    squeeze(entry, true, squeezed);
    return strcmp(squeezed, wanted) == 0;
}

/* Next character of a Hall symbol: lower case, a run of blanks or underscores as one blank, none at the end. */
static char next_of_hall(const char **cursor)
{
    size_t n_blank = strspn(*cursor, " \t_");

    if (n_blank > 0) {
        *cursor += n_blank;
        return **cursor == '\0' ? '\0' : ' ';
    }
    return **cursor == '\0' ? '\0' : (char)tolower((unsigned char)*(*cursor)++);
}

/* Blanks count here: "P 4 2" is 422, "P 42" is the group of the screw axis. */
bool km_setting_has_hall(int setting, const char *hall)
{
    km_setting description;
    const char *own = description.hall;
    char c;

    km_setting_describe(setting, &description);
    do {
        c = next_of_hall(&hall);
        if (c != next_of_hall(&own)) return false;
    } while (c != '\0');
    return true;
}

bool km_setting_has_name(int setting, const char *name)
{
    char symbol[N_NAME], choice[N_NAME], wanted[N_NAME], *entry, *rest;
    bool is_monoclinic;
    km_setting description;

    km_setting_describe(setting, &description);
    split_choice(name, symbol, choice);
    squeeze(symbol, false, wanted);
    if (!has_choice(&description, choice)) return false;
    if (is_named(&description, description.full, wanted)) return true;
    /* The first name of a monoclinic setting is that of the group, whatever the axes. */
    is_monoclinic = description.number >= 3 && description.number <= 15;
    entry = description.names;
    if (is_monoclinic && strchr(entry, '=')) entry = strchr(entry, '=') + 1;
    for (; entry; entry = rest) {
        rest = strchr(entry, '=');
        if (rest) *rest++ = '\0';
        if (is_named(&description, entry, wanted)) return true;
    }
    return false;
}
