#include "cli/cli.h"

#include "kaimen/base/version.h"
#include "kaimen/dft/pseudo.h"

#include <cblas.h>
#include <fftw3.h>
#include <hdf5.h>
#include <jansson.h>
#include <mpi.h>
#include <nlopt.h>
#include <spglib.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <xc.h>
#include <yaml.h>

static void print_line(const char *name, const char *value)
{
    printf("%-12s %s\n", name, value);
}

static void print_mpi(void)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int n_byte, n_rank;

    MPI_Get_library_version(text, &n_byte);
    /* Open MPI lists its package and ident behind the first comma. */
    text[strcspn(text, ",\n")] = '\0';
    print_line("MPI", text);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    printf("%-12s %d\n", "ranks", n_rank);
}

static void print_libraries(void)
{
    char text[64];
    unsigned major, minor, release;
    int number[3];

    print_line("BLAS", openblas_get_config());
    printf("%-12s %d\n", "BLAS threads", openblas_get_num_threads());
    print_line("FFTW", fftw_version);
    H5get_libversion(&major, &minor, &release);
    snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
    print_line("HDF5", text);
    print_line("libxc", xc_version_string());
    snprintf(text, sizeof text, "%d.%d.%d", spg_get_major_version(), spg_get_minor_version(),
             spg_get_micro_version());
    print_line("spglib", text);
    print_line("SQLite", sqlite3_libversion());
    print_line("libyaml", yaml_get_version_string());
    print_line("jansson", jansson_version_str());
    nlopt_version(number, number + 1, number + 2);
    snprintf(text, sizeof text, "%d.%d.%d", number[0], number[1], number[2]);
    print_line("NLopt", text);
}

static void print_pseudo(const char *file)
{
    char path[KM_PATH_SIZE];

    if (km_pseudo_find_file(file, NULL, sizeof path, path) == KM_OK)
        print_line("pseudo", path);
    else
        printf("%-12s %s is missing (Debian package cp2k-data, or set KAIMEN_PSEUDO_DIR)\n",
               "pseudo", file);
}

static km_status run_info(const km_arguments *arguments, km_exit *code)
{
    (void)arguments, (void)code;
    if (!km_cli_is_root()) return KM_OK;
    print_line("kaimen", km_version());
    print_line("commit", km_version_commit());
    print_line("build", km_version_build());
    print_mpi();
    print_libraries();
    print_pseudo("GTH_POTENTIALS");
    print_pseudo("POTENTIAL_UZH");
    return KM_OK;
}

const km_command km_command_info = {
    .name = "info",
    .summary = "Show version, build, libraries and pseudopotential files",
    .text = "Versions are those of the libraries that the program runs with.\n",
    .example = "  mpirun -n 2 kaimen info\n",
    .run = run_info,
};
