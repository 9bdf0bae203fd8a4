"""The slabs on which kaimen is compared with other plane-wave codes: oxides of seven structures, 6 to 60 atoms, unrelaxed.

With GTH entries of CP2K. The FFT grid is given to all codes: the smallest products of 2, 3 and 5 that hold the
density's sphere, which is the default of pw.x. An inversion centre is the origin, where kaimen would put it: places that
differ by half a step of the grid differ by up to 1e-5 Ha per atom. As kaimen does by default, four empty bands are computed,
from which the gap and the electron affinity follow. Cutoffs and meshes are not below those of quality: lite.
"""
import math
import os
import re
from dataclasses import dataclass

from structures import (corundum_0001, ends_moved_in, fluorite_111, in_vacuum, inversion_centre, moved_to_origin, perovskite_001,
                        quartz_0001, rattled, read_extxyz, rocksalt_100, rocksalt_110, rutile_110, wurtzite_1010)

BOHR_ANG = 0.529177210903
N_EMPTY = 4
# File and entry of CP2K.
GTH = {"O": ("GTH_POTENTIALS", "GTH-PBE-q6"), "Be": ("GTH_POTENTIALS", "GTH-PBE-q4"), "Mg": ("GTH_POTENTIALS", "GTH-PBE-q2"),
       "Al": ("GTH_POTENTIALS", "GTH-PBE-q3"), "Si": ("GTH_POTENTIALS", "GTH-PBE-q4"), "Ca": ("GTH_POTENTIALS", "GTH-PBE-q10"),
       "Ti": ("POTENTIAL_UZH", "GTH-PBE-q4"), "Zn": ("GTH_POTENTIALS", "GTH-PBE-q12"), "Sr": ("GTH_POTENTIALS", "GTH-PBE-q10"),
       "Zr": ("GTH_POTENTIALS", "GTH-PBE-q12"), "Sn": ("GTH_POTENTIALS", "GTH-PBE-q4"), "Ba": ("GTH_POTENTIALS", "GTH-PBE-q10")}
# Cases of the reference calculations; the long one only when asked for.
REFERENCES = ["mgo100_5L", "cao100_5L", "mgo8_rattled", "tio2_rattled"]
LONG = ["tio2110_3TL"]


@dataclass
class Slab:
    name: str
    cell: list    # three rows, Ang
    atoms: list   # (symbol, x, y, z), Ang
    mesh: list
    ecut_ha: float
    pseudo: dict  # symbol: (file, entry)
    n_band: int
    grid: list

    @property
    def species(self):
        return list(dict.fromkeys(a[0] for a in self.atoms))

    @property
    def is_slab(self):
        return self.mesh[2] == 1

    @property
    def inversion(self):
        return inversion_centre(self.cell, self.atoms) is not None


def grid_of(cell, ecut_ha):
    sizes = []
    for row in cell:
        n = 2 * int(2 * math.sqrt(2 * ecut_ha) * math.hypot(*row) / BOHR_ANG / (2 * math.pi)) + 1
        while not is_smooth(n):
            n += 1
        sizes.append(n)
    return sizes


def is_smooth(n):
    for p in (2, 3, 5):
        while n % p == 0:
            n //= p
    return n == 1


def valence(entry):
    return int(entry.rsplit("-q", 1)[1])


def make(name, plane, mesh, ecut_ha, vacuum_ang=8):
    cell, atoms = in_vacuum(*plane, vacuum_ang)
    centre = inversion_centre(cell, atoms)
    if centre: atoms = moved_to_origin(cell, atoms, centre)
    pseudo = {a[0]: GTH[a[0]] for a in atoms}
    n_electron = sum(valence(pseudo[a[0]][1]) for a in atoms)
    return Slab(name, cell, atoms, [*mesh, 1], ecut_ha, pseudo, n_electron // 2 + N_EMPTY, grid_of(cell, ecut_ha))


def own_slabs():
    """The smallest first."""
    quartz = (4.9137, 5.4047, 0.4697, (0.4133, 0.2672, 0.7855))

    def alumina(n):
        return ends_moved_in(corundum_0001("Al", 4.759, 12.991, 0.3522, 0.3063, n), 0.6)

    slabs = [make("MgO(100) 3L", rocksalt_100("Mg", 4.212, 3), (4, 4), 30),
             make("MgO(100) 7L", rocksalt_100("Mg", 4.212, 7), (4, 4), 30),
             make("MgO(110) 5L", rocksalt_110("Mg", 4.212, 5), (3, 4), 30),
             make("MgO(100) 3L rattled", rattled(rocksalt_100("Mg", 4.212, 3), 0.05, 1), (3, 3), 30),
             make("CaO(100) 3L", rocksalt_100("Ca", 4.837, 3), (3, 3), 30),
             make("TiO2(110) 2TL", rutile_110("Ti", 4.594, 2.959, 0.305, 2, False), (4, 2), 30),
             make("TiO2(110) 2TL rattled", rattled(rutile_110("Ti", 4.594, 2.959, 0.305, 2, False), 0.05, 2), (3, 2), 30),
             make("SnO2(110) 2TL", rutile_110("Sn", 4.737, 3.186, 0.307, 2, False), (4, 2), 25),
             make("BeO(10-10) 3L", wurtzite_1010("Be", 2.698, 4.378, 3), (4, 3), 30),
             make("ZnO(10-10) 2L", wurtzite_1010("Zn", 3.25, 5.207, 2), (3, 2), 40),
             make("Al2O3(0001) 2L", alumina(2), (3, 3), 25),
             make("Al2O3(0001) 3L", alumina(3), (3, 3), 25),
             make("Al2O3(0001) 12L", alumina(12), (3, 3), 25),
             make("ZrO2(111) 2L", fluorite_111("Zr", 5.07, 2), (3, 3), 30),
             make("SrTiO3(001) 5L", perovskite_001("Sr", "Ti", 3.905, 5), (3, 3), 30),
             make("SrTiO3(001) 4L", perovskite_001("Sr", "Ti", 3.905, 4), (3, 3), 30),
             make("BaTiO3(001) 3L polar", perovskite_001("Ba", "Ti", 4.0, 3, 0.1), (3, 3), 30),
             make("SiO2(0001) 1L", quartz_0001(*quartz, 1), (3, 3), 30),
             make("SiO2(0001) 2L", quartz_0001(*quartz, 2), (2, 2), 30)]
    return sorted(slabs, key=lambda slab: len(slab.atoms))


def reference_slab(folder, name):
    """A case of the reference calculations, with its cutoff, grid, k-points and bands."""
    with open(os.path.join(folder, name, "case.yaml")) as file:
        text = file.read()
    cell, atoms = read_extxyz(os.path.join(folder, name, "structure.extxyz"))
    pseudo = {s: (f, e) for s, f, e in re.findall(r"(\w+): \{file: (\w+), entry: ([\w-]+)\}", text)}
    grid, mesh = ([int(x) for x in re.search(key + r": \[([\d, ]+)\]", text).group(1).split(",")] for key in ("grid", "mesh"))
    return Slab(name, cell, atoms, mesh, float(re.search(r"ecut: ([\d.]+) Ha", text).group(1)), pseudo,
                int(re.search(r"bands: (\d+)", text).group(1)), grid)


def reference_slabs(is_long):
    """Those of KAIMEN_SHARED, or none with a reason."""
    shared = os.environ.get("KAIMEN_SHARED", os.path.join(os.path.dirname(__file__), "../../../shared"))
    folder = os.path.join(os.path.abspath(shared), "reference")
    if not os.path.isdir(folder): return [], f"the reference cases are left out: no folder {folder} (KAIMEN_SHARED names its parent)"
    return [reference_slab(folder, name) for name in REFERENCES + (LONG if is_long else [])], ""
