#pragma once
/**
 * @file
 * @brief Crystals for the tests of the builder: cells in angstrom, fractional positions.
 *
 * Experimental lattice constants and positions, rounded; any text on crystal structures has them
 * (R. W. G. Wyckoff, Crystal Structures, 1963).
 */
#include "kaimen/base/units.h"
#include "kaimen/builder/slab.h"
#include "kaimen/crystal/crystal.h"
#include "support.h"

#define PROTOTYPE_MAX_ATOM 16
#define PROTOTYPE_Z_MAX 58

typedef struct {
    const char *name;
    double cell_ang[9];
    int n_atom;
    int z[PROTOTYPE_MAX_ATOM];
    double frac[PROTOTYPE_MAX_ATOM][3];
} prototype;

/* NaCl structure, conventional */
static const prototype magnesia = {"magnesia",
                                   {4.21, 0, 0, 0, 4.21, 0, 0, 0, 4.21},
                                   8,
                                   {12, 12, 12, 12, 8, 8, 8, 8},
                                   {{0, 0, 0},
                                    {0, 0.5, 0.5},
                                    {0.5, 0, 0.5},
                                    {0.5, 0.5, 0},
                                    {0.5, 0.5, 0.5},
                                    {0.5, 0, 0},
                                    {0, 0.5, 0},
                                    {0, 0, 0.5}}};

/* TiO2 */
static const prototype rutile = {"rutile",
                                 {4.594, 0, 0, 0, 4.594, 0, 0, 0, 2.959},
                                 6,
                                 {22, 22, 8, 8, 8, 8},
                                 {{0, 0, 0},
                                  {0.5, 0.5, 0.5},
                                  {0.305, 0.305, 0},
                                  {0.695, 0.695, 0},
                                  {0.195, 0.805, 0.5},
                                  {0.805, 0.195, 0.5}}};

/* TiO2, primitive */
static const prototype anatase = {
    "anatase",
    {-1.8925, 1.8925, 4.757, 1.8925, -1.8925, 4.757, 1.8925, 1.8925, -4.757},
    6,
    {22, 22, 8, 8, 8, 8},
    {{0, 0, 0},
     {0.75, 0.25, 0.5},
     {0.2081, 0.2081, 0},
     {0.9581, 0.4581, 0.5},
     {0.5419, 0.0419, 0.5},
     {0.7919, 0.7919, 0}}};

/* ZnO, wurtzite structure */
static const prototype zincite = {"zincite",
                                  {3.25, 0, 0, -1.625, 2.814582562, 0, 0, 0, 5.207},
                                  4,
                                  {30, 30, 8, 8},
                                  {{0.3333333333, 0.6666666667, 0},
                                   {0.6666666667, 0.3333333333, 0.5},
                                   {0.3333333333, 0.6666666667, 0.382},
                                   {0.6666666667, 0.3333333333, 0.882}}};

/* Al2O3, primitive */
static const prototype corundum = {"corundum",
                                   {2.3795, 1.373804966, 4.330333333, -2.3795, 1.373804966,
                                    4.330333333, 0, -2.747609931, 4.330333333},
                                   10,
                                   {13, 13, 13, 13, 8, 8, 8, 8, 8, 8},
                                   {{0.35216, 0.35216, 0.35216},
                                    {0.14784, 0.14784, 0.14784},
                                    {0.64784, 0.64784, 0.64784},
                                    {0.85216, 0.85216, 0.85216},
                                    {0.55624, 0.94376, 0.25},
                                    {0.25, 0.55624, 0.94376},
                                    {0.94376, 0.25, 0.55624},
                                    {0.44376, 0.05624, 0.75},
                                    {0.75, 0.44376, 0.05624},
                                    {0.05624, 0.75, 0.44376}}};

/* CeO2, fluorite structure, primitive */
static const prototype ceria = {"ceria",
                                {0, 2.705, 2.705, 2.705, 0, 2.705, 2.705, 2.705, 0},
                                3,
                                {58, 8, 8},
                                {{0, 0, 0}, {0.25, 0.25, 0.25}, {0.75, 0.75, 0.75}}};

/* SrTiO3, perovskite structure */
static const prototype tausonite = {
    "tausonite",
    {3.905, 0, 0, 0, 3.905, 0, 0, 0, 3.905},
    5,
    {38, 22, 8, 8, 8},
    {{0, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}}};

/* ZnS, zincblende structure, primitive */
static const prototype sphalerite = {"sphalerite",
                                     {0, 2.705, 2.705, 2.705, 0, 2.705, 2.705, 2.705, 0},
                                     2,
                                     {30, 16},
                                     {{0, 0, 0}, {0.25, 0.25, 0.25}}};

/* MgAl2O4, primitive */
static const prototype spinel = {"spinel",
                                 {0, 4.04, 4.04, 4.04, 0, 4.04, 4.04, 4.04, 0},
                                 14,
                                 {12, 12, 13, 13, 13, 13, 8, 8, 8, 8, 8, 8, 8, 8},
                                 {{0.125, 0.125, 0.125},
                                  {0.875, 0.875, 0.875},
                                  {0.5, 0.5, 0.5},
                                  {0.5, 0.5, 0},
                                  {0.5, 0, 0.5},
                                  {0, 0.5, 0.5},
                                  {0.2624, 0.2624, 0.2624},
                                  {0.2624, 0.2624, 0.7128},
                                  {0.2624, 0.7128, 0.2624},
                                  {0.7128, 0.2624, 0.2624},
                                  {0.7376, 0.7376, 0.2872},
                                  {0.7376, 0.7376, 0.7376},
                                  {0.7376, 0.2872, 0.7376},
                                  {0.2872, 0.7376, 0.7376}}};

/* SiO2 */
static const prototype quartz = {"quartz",
                                 {4.9158, 0, 0, -2.4579, 4.25720768, 0, 0, 0, 5.4091},
                                 9,
                                 {14, 14, 14, 8, 8, 8, 8, 8, 8},
                                 {{0.4697, 0, 0.3333333333},
                                  {0, 0.4697, 0.6666666667},
                                  {0.5303, 0.5303, 0},
                                  {0.4133, 0.2672, 0.2144},
                                  {0.7328, 0.1461, 0.5477333333},
                                  {0.8539, 0.5867, 0.8810666667},
                                  {0.2672, 0.4133, 0.7856},
                                  {0.1461, 0.7328, 0.4522666667},
                                  {0.5867, 0.8539, 0.1189333333}}};

/* ZrO2, monoclinic */
static const prototype baddeleyite = {"baddeleyite",
                                      {5.15, 0, 0, 0, 5.2116, 0, -0.8528844401, 0, 5.248453812},
                                      12,
                                      {40, 40, 40, 40, 8, 8, 8, 8, 8, 8, 8, 8},
                                      {{0.2754, 0.0395, 0.2083},
                                       {0.7246, 0.5395, 0.2917},
                                       {0.7246, 0.9605, 0.7917},
                                       {0.2754, 0.4605, 0.7083},
                                       {0.07, 0.3317, 0.3447},
                                       {0.93, 0.8317, 0.1553},
                                       {0.93, 0.6683, 0.6553},
                                       {0.07, 0.1683, 0.8447},
                                       {0.4496, 0.7569, 0.4792},
                                       {0.5504, 0.2569, 0.0208},
                                       {0.5504, 0.2431, 0.5208},
                                       {0.4496, 0.7431, 0.9792}}};

/* diamond structure, primitive */
static const prototype silicon = {"silicon",
                                  {0, 2.715, 2.715, 2.715, 0, 2.715, 2.715, 2.715, 0},
                                  2,
                                  {14, 14},
                                  {{0, 0, 0}, {0.25, 0.25, 0.25}}};

static const prototype *const prototypes[] = {&magnesia, &rutile, &anatase,     &zincite,
                                              &corundum, &ceria,  &tausonite,   &sphalerite,
                                              &spinel,   &quartz, &baddeleyite, &silicon};

#define N_PROTOTYPE ((int)(sizeof prototypes / sizeof *prototypes))

static inline km_crystal *make_prototype(const prototype *p)
{
    km_crystal *crystal;
    double cell[9];

    for (int i = 0; i < 9; i++) cell[i] = p->cell_ang[i] * KM_BOHR_PER_ANG;
    ASSERT_OK(km_crystal_create(cell, p->n_atom, p->z, &p->frac[0][0], &crystal));
    return crystal;
}

/** Thin slabs, so that the tests are quick. */
static inline km_slab_options small_options(int max_index)
{
    km_slab_options options = km_slab_options_default();

    options.max_index = max_index;
    options.thickness_bohr = 6 * KM_BOHR_PER_ANG;
    options.max_atom = 100;
    return options;
}
