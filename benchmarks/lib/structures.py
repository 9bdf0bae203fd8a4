"""Slabs cut from oxides and metals by hand, for the benchmarks. Lengths in Ang.

A function named after a face gives the two vectors of its plane and the atoms (symbol, x, y, z) of n of its layers, at the
places of the crystal; in_vacuum makes a cell of them.
"""
import math
import random


def in_vacuum(vectors, atoms, vacuum_ang):
    """Two vectors of the plane, atoms, and vacuum above them."""
    z = [a[3] for a in atoms]
    height = max(z) - min(z) + vacuum_ang
    middle = (max(z) + min(z)) / 2
    cell = [[*vectors[0], 0], [*vectors[1], 0], [0, 0, height]]
    return cell, [(s, x, y, h - middle + height / 2) for s, x, y, h in atoms]


def hexagonal(a):
    return [[a, 0], [-a / 2, a * math.sqrt(3) / 2]]


def stacked(vectors, layers):
    """Layers of (symbol, place A B or C, z) on a hexagonal net."""
    place = {"A": (0, 0), "B": (1 / 3, 2 / 3), "C": (2 / 3, 1 / 3)}
    return [(s, *[place[p][0] * vectors[0][i] + place[p][1] * vectors[1][i] for i in (0, 1)], z) for s, p, z in layers]


def rocksalt_111(metal, a, n):
    v, h = hexagonal(a / math.sqrt(2)), a / math.sqrt(12)
    return v, stacked(v, [(metal if i % 2 == 0 else "O", "ABC"[i % 3], i * h) for i in range(2 * n)])


def wurtzite_0001(metal, a, c, n):
    v = hexagonal(a)
    return v, stacked(v, [x for i in range(n) for x in ((metal, "BC"[i % 2], i * c / 2), ("O", "BC"[i % 2], i * c / 2 + 0.382 * c))])


def wurtzite_1010(metal, a, c, n):
    """Non-polar face: one double layer is half a period of the prism."""
    b, h, atoms = a, a * math.sqrt(3) / 2, []
    for i in range(n):
        x, z = (i % 2) * b / 2, i * h
        atoms += [(metal, x, 0, z), ("O", x, 0.382 * c, z), (metal, x + b / 2, c / 2, z + h / 3), ("O", x + b / 2, 0.882 * c, z + h / 3)]
    return [[b, 0], [0, c]], atoms


def rocksalt_100(metal, a, n):
    s = a / math.sqrt(2)
    return [[s, 0], [0, s]], [(x, ((i + j) % 2) * s / 2, ((i + j) % 2) * s / 2, i * a / 2)
                              for i in range(n) for j, x in enumerate((metal, "O"))]


def fcc_100(metal, a, n):
    s = a / math.sqrt(2)
    return [[s, 0], [0, s]], [(metal, (i % 2) * s / 2, (i % 2) * s / 2, i * a / 2) for i in range(n)]


def litharge_001(metal, a, c, z, n):
    return [[a, 0], [0, a]], [x for i in range(n) for x in ((metal, 0, a / 2, (i + z) * c), (metal, a / 2, 0, (i - z) * c),
                                                             ("O", 0, 0, i * c), ("O", a / 2, a / 2, i * c))]


def rutile_110(metal, a, c, u, n, vacancy):
    b, h = a * math.sqrt(2), a / math.sqrt(2)
    layer = [(metal, 0, 0, 0), (metal, c / 2, b / 2, 0), ("O", c / 2, (0.5 - u) * b, 0), ("O", c / 2, (u - 0.5) * b, 0),
             ("O", 0, b / 2, (0.5 - u) * b), ("O", 0, b / 2, (u - 0.5) * b)]
    atoms = [(s, x, y + (i % 2) * b / 2, z + i * h) for i in range(n) for s, x, y, z in layer]
    if vacancy: atoms.remove(max(atoms, key=lambda atom: atom[3]))
    return [[c, 0], [0, b]], atoms


def cuprite_100(metal, a, n):
    base = [("O", 0, 0, 0), ("O", .5, .5, .5), (metal, .25, .25, .25), (metal, .75, .75, .25), (metal, .75, .25, .75), (metal, .25, .75, .75)]
    return [[a, 0], [0, a]], [(s, x * a, y * a, (z + i) * a) for i in range(n) for s, x, y, z in base]


def rocksalt_110(metal, a, n):
    """Along x the cubic axis, along y the face diagonal."""
    b = a / math.sqrt(2)
    return [[a, 0], [0, b]], [(x, ((i + j) % 2) * a / 2, (i % 2) * b / 2, i * b / 2)
                              for i in range(n) for j, x in enumerate((metal, "O"))]


def corundum_0001(metal, a, c, z, x, n):
    """n of the six units metal-O3-metal of the hexagonal cell, of one metal at either end."""
    v, atoms = hexagonal(a), []
    sites = [(metal, 0, 0, s * z + h) for s in (1, -1) for h in (0, 0.5)]
    sites += [("O", s * p, s * q, s / 4) for s in (1, -1) for p, q in ((x, 0), (0, x), (-x, -x))]
    for i in range(3):
        # The obverse centring: (2/3, 1/3, 1/3).
        atoms += [(s, p + 2 * i / 3, q + i / 3, r + i / 3) for s, p, q, r in sites]
    return v, layers_of(v, c, atoms, 0, n / 6)


def quartz_0001(a, c, u, oxygen, n):
    """n cells of P3_2 21 along c, cut between the two oxygen planes that lie between planes of silicon."""
    x, y, z = oxygen
    v = hexagonal(a)
    atoms = [("Si", u, 0, 2 / 3), ("Si", 0, u, 1 / 3), ("Si", -u, -u, 0)]
    atoms += [("O", *p) for p in ((x, y, z), (-y, x - y, z + 2 / 3), (y - x, -x, z + 1 / 3), (y, x, -z),
                                  (x - y, -y, 1 / 3 - z), (-x, y - x, 2 / 3 - z))]
    return v, layers_of(v, c, atoms, -1 / 6, n - 1 / 6)


def layers_of(v, c, sites, low, high):
    """The atoms at low <= z < high of a crystal with sites (symbol, fractions of v and c); positions in Ang."""
    atoms = []
    for symbol, p, q, r in sites:
        p, q, r = p % 1, q % 1, low + (r - low) % 1
        while r < high:
            atoms.append((symbol, p * v[0][0] + q * v[1][0], p * v[0][1] + q * v[1][1], r * c))
            r += 1
    return sorted(atoms, key=lambda atom: atom[3])


def fluorite_111(metal, a, n):
    """n units O-metal-O."""
    v, h = hexagonal(a / math.sqrt(2)), a / math.sqrt(3)
    return v, stacked(v, [x for i in range(n) for x in (("O", "CAB"[i % 3], (i - 0.25) * h), (metal, "ABC"[i % 3], i * h),
                                                        ("O", "BCA"[i % 3], (i + 0.25) * h))])


def perovskite_001(a_metal, b_metal, a, n, shift=0):
    """n planes, of which the first one holds a_metal; b_metal is moved by shift along x."""
    planes = [[(a_metal, 0, 0), ("O", a / 2, a / 2)], [(b_metal, a / 2 + shift, a / 2), ("O", a / 2, 0), ("O", 0, a / 2)]]
    return [[a, 0], [0, a]], [(s, x, y, i * a / 2) for i in range(n) for s, x, y in planes[i % 2]]


def rattled(plane, most, seed):
    """The same with every coordinate moved by at most that much."""
    draw = random.Random(seed)
    vectors, atoms = plane
    return vectors, [(s, *(x + draw.uniform(-most, most) for x in place)) for s, *place in atoms]


def ends_moved_in(plane, distance):
    """The same with the lowest and the highest atoms moved towards the middle, as relaxation moves the metal of an oxide."""
    vectors, atoms = plane
    low, high = min(a[3] for a in atoms), max(a[3] for a in atoms)
    return vectors, [(s, x, y, z + distance * ((z - low < 1e-6) - (high - z < 1e-6))) for s, x, y, z in atoms]


def fractions(cell, atoms):
    """(symbol, three fractions of the cell's rows) of each atom."""
    (a, b, c), volume = cell, dot(cell[0], cross(cell[1], cell[2]))
    reciprocal = [[x / volume for x in cross(*pair)] for pair in ((b, c), (c, a), (a, b))]
    return [(s, *(dot(row, place) for row in reciprocal)) for s, *place in atoms]


def inversion_centre(cell, atoms):
    """Fractions of the point through which every atom maps onto one of its kind; None where there is none.

    Of several, the one with the most atoms on the line through it along the third axis: it lies on the axes of rotation.
    """
    sites = fractions(cell, atoms)
    first, *start = sites[0]
    for symbol, *place in sites:
        centre = [(x + y) / 2 for x, y in zip(start, place)]
        if symbol == first and all(is_met(sites, s, [2 * c - x for c, x in zip(centre, p)]) for s, *p in sites):
            halves = [[c + h for c, h in zip(centre, (i / 2, j / 2, 0))] for i in (0, 1) for j in (0, 1)]
            return max(halves, key=lambda c: sum(is_same(c[:2], p[:2]) for _, *p in sites))
    return None


def is_met(sites, symbol, place):
    return any(s == symbol and is_same(place, other) for s, *other in sites)


def is_same(place, other, tolerance=1e-4):
    """Whether fractions are those of one point of the crystal."""
    return all(abs((x - y + 0.5) % 1 - 0.5) < tolerance for x, y in zip(place, other))


def moved_to_origin(cell, atoms, centre):
    """The atoms moved so that a point, in fractions, is the origin."""
    place = [dot(centre, column) for column in zip(*cell)]
    return [(s, *(x - c for x, c in zip(p, place))) for s, *p in atoms]


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def write_extxyz(path, cell, atoms):
    lattice = " ".join(f"{x:.10f}" for row in cell for x in row)
    with open(path, "w") as file:
        file.write(f'{len(atoms)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for symbol, *place in atoms:
            file.write(symbol + "".join(f" {x:.10f}" for x in place) + "\n")


def read_extxyz(path):
    """Cell and atoms of a file whose columns are symbol and position."""
    with open(path) as file:
        n, comment, *rows = file.read().splitlines()
    values = [float(x) for x in comment.split('"')[1].split()]
    atoms = [(r.split()[0], *map(float, r.split()[1:4])) for r in rows[:int(n)]]
    return [values[i:i + 3] for i in (0, 3, 6)], atoms
