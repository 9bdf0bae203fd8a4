/* np: 1 */
/* States at the Fermi level screen: a gas as Thomas and Fermi have it, any others as their equation says. */
#include "dft/dft_support.h"

#include "kaimen/dft/screening.h"

/* What the conjugate gradients leave. */
#define LEFT 2e-3

typedef struct {
    km_grid *grid;
    km_screening *screening;
    double *inverse_dielectric, *states;
    double complex *residual, *answer;
} fixture;

static void make(fixture *f)
{
    km_crystal *crystal = make_slab();
    const int n[3] = {16, 16, 48};
    int n_g;

    ASSERT_OK(km_grid_create(crystal, 4, n, &f->grid));
    n_g = km_grid_n_g(f->grid);
    ASSERT_OK(KM_ALLOC(f->inverse_dielectric, n_g));
    ASSERT_OK(KM_ALLOC(f->states, km_grid_n_point(f->grid)));
    ASSERT_OK(KM_ALLOC(f->residual, n_g));
    ASSERT_OK(KM_ALLOC(f->answer, n_g));
    for (int ig = 0; ig < n_g; ++ig) {
        const double x = 4 * km_grid_g2(f->grid)[ig];

        f->inverse_dielectric[ig] = (0.25 + x) / (1 + x);
    }
    ASSERT_OK(km_screening_create(f->grid, f->inverse_dielectric, &f->screening));
    km_crystal_destroy(&crystal);
}

static void destroy(fixture *f)
{
    km_screening_destroy(&f->screening);
    km_grid_destroy(&f->grid);
    KM_FREE(f->inverse_dielectric);
    KM_FREE(f->states);
    KM_FREE(f->residual);
    KM_FREE(f->answer);
}

/* The residual of a real function without G = 0. */
static void fill(fixture *f)
{
    double *real = NULL;
    const int n_point = km_grid_n_point(f->grid);

    ASSERT_OK(KM_ALLOC(real, n_point));
    for (int i = 0; i < n_point; ++i) real[i] = sin(0.37 * i) + cos(1e-3 * i * (i % 91));
    km_grid_to_reciprocal(f->grid, real, f->residual);
    f->residual[km_grid_zero(f->grid)] = 0;
    memcpy(f->answer, f->residual, sizeof *f->answer * (size_t)km_grid_n_g(f->grid));
    KM_FREE(real);
}

static void without_states_the_residual_stays(void **state)
{
    fixture f;

    (void)state;
    make(&f);
    fill(&f);
    assert_int_equal(km_screening_apply(f.screening, f.answer), 0);
    assert_memory_equal(f.answer, f.residual, sizeof *f.answer * (size_t)km_grid_n_g(f.grid));
    destroy(&f);
}

/* y = F / (1 + 4 pi D P / G^2), which takes two steps per length of G at most. */
static void uniform_states_screen_as_thomas_and_fermi_have_it(void **state)
{
    const double density = 0.7;
    double worst = 0, size = 0;
    fixture f;

    (void)state;
    make(&f);
    fill(&f);
    for (int i = 0; i < km_grid_n_point(f.grid); ++i) f.states[i] = density;
    km_screening_set_states(f.screening, f.states);
    assert_in_range(km_screening_apply(f.screening, f.answer), 2, 30);
    for (int ig = 0; ig < km_grid_n_g(f.grid); ++ig) {
        const double g2 = km_grid_g2(f.grid)[ig];
        const double k2 = 4 * KM_PI * density * f.inverse_dielectric[ig];

        if (g2 < 1e-9) continue;
        worst += pow(cabs(f.answer[ig] - f.residual[ig] * g2 / (g2 + k2)), 2);
        size += pow(cabs(f.residual[ig]), 2);
    }
    assert_true(size > 0);
    ASSERT_CLOSE(sqrt(worst / size), 0, LEFT);
    destroy(&f);
}

/* A metallic layer and nothing elsewhere: y + D (V - <V>_D) = F, and no charge is made. */
static void the_equation_holds_for_a_metallic_layer(void **state)
{
    double worst = 0, size = 0, mean = 0, total = 0, charge = 0;
    double *v_r = NULL;
    double complex *v_g = NULL;
    fixture f;

    (void)state;
    make(&f);
    fill(&f);
    ASSERT_OK(KM_ALLOC(v_r, km_grid_n_point(f.grid)));
    ASSERT_OK(KM_ALLOC(v_g, km_grid_n_g(f.grid)));
    /* The third axis runs fastest or slowest: either way this is not uniform, and zero in places. */
    for (int i = 0; i < km_grid_n_point(f.grid); ++i)
        f.states[i] = fmax(0, sin(2e-3 * i)) * 0.5;
    km_screening_set_states(f.screening, f.states);
    assert_in_range(km_screening_apply(f.screening, f.answer), 3, 59);
    for (int ig = 0; ig < km_grid_n_g(f.grid); ++ig)
        if (km_grid_g2(f.grid)[ig] > 1e-9)
            v_g[ig] =
                4 * KM_PI * f.inverse_dielectric[ig] / km_grid_g2(f.grid)[ig] * f.answer[ig];
    km_grid_to_real(f.grid, v_g, v_r);
    for (int i = 0; i < km_grid_n_point(f.grid); ++i) {
        mean += f.states[i] * v_r[i];
        total += f.states[i];
    }
    for (int i = 0; i < km_grid_n_point(f.grid); ++i)
        v_r[i] = f.states[i] * (v_r[i] - mean / total);
    km_grid_to_reciprocal(f.grid, v_r, v_g);
    for (int ig = 0; ig < km_grid_n_g(f.grid); ++ig) {
        if (km_grid_g2(f.grid)[ig] < 1e-9) continue;
        worst += pow(cabs(f.answer[ig] + v_g[ig] - f.residual[ig]), 2);
        size += pow(cabs(f.answer[ig] - f.residual[ig]), 2);
    }
    charge = cabs(f.answer[km_grid_zero(f.grid)]);
    assert_true(size > 0);
    ASSERT_CLOSE(sqrt(worst / size), 0, 0.05);
    ASSERT_CLOSE(charge, 0, 1e-15);
    KM_FREE(v_r);
    KM_FREE(v_g);
    destroy(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(without_states_the_residual_stays),
    cmocka_unit_test(uniform_states_screen_as_thomas_and_fermi_have_it),
    cmocka_unit_test(the_equation_holds_for_a_metallic_layer),
};

KM_TEST_MAIN(tests)
