#!/usr/bin/env bash
# Bad input: exit status 1, one line on stderr that names the place, the value and what was wanted, and no ledger harmed.
set -u
cd "$SCRATCH" || exit 1
n_bad=0

ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; n_bad=1; }

# refused NAME PATTERN COMMAND...: runs kaimen; PATTERN (extended regular expression) must match its one line.
refused() {
    local name=$1 pattern=$2 code n_line
    shift 2
    timeout 60 "$KAIMEN" "$@" >out.txt 2>err.txt
    code=$?
    n_line=$(wc -l <err.txt)
    if [ $code -ne 1 ]; then fail "$name" "exit status $code, wanted 1: $(head -c 300 err.txt)"
    elif [ "$n_line" -ne 1 ]; then fail "$name" "$n_line lines on stderr, wanted 1: $(head -c 300 err.txt)"
    elif ! grep -qE "^kaimen: .*$pattern" err.txt; then fail "$name" "no /$pattern/ in: $(cat err.txt)"
    else ok "$name"; fi
}

# energy_with SED: case.yaml is a good document, changed by a sed script.
energy_with() {
    sed -e "$1" >case.yaml <<'YAML'
structure: {file: mgo.extxyz}
dft:
  functional: PBE
  pseudo:
    Mg: {file: GTH_POTENTIALS, entry: GTH-PBE-q2}
    O: {file: GTH_POTENTIALS, entry: GTH-PBE-q6}
  ecut: 10 Ha
  kpoints: {mesh: [1, 1, 1], shift: [0, 0, 0]}
forces: true
YAML
}

campaign_with() {
    sed -e "$1" >campaign.yaml <<'YAML'
campaign: {name: test, kind: surface, ledger: test.db}
bulk:
  - {file: mgo.extxyz}
slab: {max_index: 1, thickness: 4 Ang, vacuum: 8 Ang}
dft: {quality: lite, functional: PBE, pseudo: GTH-PBE}
calculator: {kind: fake, task_time: 0 s}
YAML
}

cat >mgo.extxyz <<'XYZ'
2
Lattice="0.0 2.106 2.106 2.106 0.0 2.106 2.106 2.106 0.0" Properties=species:S:1:pos:R:3 pbc="T T T"
Mg 0.0 0.0 0.0
O 2.106 2.106 2.106
XYZ

# refused_energy NAME PATTERN SED; refused_campaign NAME PATTERN SED
refused_energy() { energy_with "$3"; refused "$1" "$2" energy case.yaml; }
refused_campaign() { campaign_with "$3"; refused "$1" "$2" run campaign.yaml; }

# The command line.
refused unknown_subcommand 'unknown subcommand "rum"; nearest: run' rum x.yaml
refused unknown_option '\-\-jsn; nearest: --json' energy --jsn x case.yaml
refused unknown_option_before_the_subcommand '\-\-verbos' --verbos
refused missing_operand 'CAMPAIGN.yaml is missing' run
refused superfluous_operand '"b.yaml" is one word too many' run a.yaml b.yaml
refused option_without_value '\-\-json needs a value' energy case.yaml --json
refused time_limit_without_unit '\-\-time-limit 90; wanted a time' run --time-limit 90 "$OLDPWD/inputs/dry-run.yaml"
refused missing_input 'absent.yaml' run absent.yaml
refused input_is_a_folder '/tmp' run /tmp
refused export_of_nothing 'wanted --csv' export test.db
refused status_of_a_missing_ledger 'absent.db' status absent.db

# The document.
printf 'dft: {ecut: [\n' >broken.yaml
refused broken_yaml 'broken.yaml:[0-9]+: ' energy broken.yaml
: >empty.yaml
refused empty_document 'empty.yaml' energy empty.yaml
head -c 300 /dev/urandom >binary.yaml
refused binary_document 'binary.yaml' energy binary.yaml
refused_energy misspelt_key 'case.yaml:7: .*ecu.*ecut' 's/ecut:/ecu:/'
refused_energy key_twice 'case.yaml:8: .*ecut' 's/^  ecut: 10 Ha/&\n&/'
refused_energy wrong_unit 'case.yaml:7: .*10 eVV' 's/10 Ha/10 eVV/'
refused_energy unit_of_a_length 'case.yaml:7: .*10 Ang' 's/10 Ha/10 Ang/'
refused_energy missing_unit 'case.yaml:7: .*ecut.*10' 's/10 Ha/10/'
refused_energy negative_cutoff 'case.yaml:7: .*-10 Ha' 's/10 Ha/-10 Ha/'
refused_energy cutoff_is_text 'case.yaml:7: .*high' 's/10 Ha/high/'
refused_energy cutoff_too_small 'case.yaml:7: .*0.01 Ha.*plane waves' 's/10 Ha/0.01 Ha/'
refused_energy zero_mesh 'case.yaml:8: .*mesh' 's/\[1, 1, 1\]/[0, 1, 1]/'
refused_energy mesh_of_two_numbers 'case.yaml:8: .*mesh' 's/\[1, 1, 1\]/[1, 1]/'
refused_energy mesh_and_spacing 'case.yaml:8: .*spacing' 's/mesh:/spacing: 0.3 1\/bohr, mesh:/'
refused_energy unknown_functional 'case.yaml:3: .*B3LYP.*PBEsol' 's/functional: PBE/functional: B3LYP/'
refused_energy missing_functional 'functional' '/functional/d'
refused_energy spin_without_a_moment_or_smearing 'case.yaml:7: dft.spin: collinear with fixed occupations; wanted dft.total_moment or dft.smearing' 's/^  ecut/  spin: collinear\n&/'
refused_energy moment_without_spin 'case.yaml:7: dft.total_moment without spin; wanted dft.spin: collinear' 's/^  ecut/  total_moment: 2\n&/'
refused_energy moments_without_spin 'case.yaml:7: dft.moments without spin; wanted dft.spin: collinear' 's/^  ecut/  moments: {Mg: 2}\n&/'
refused_energy moment_of_no_element 'case.yaml:9: dft.moments: "Xx" is no element' 's/^  ecut/  spin: collinear\n  total_moment: 2\n  moments: {Xx: 2}\n&/'
refused_energy moment_beyond_the_electrons '8 electrons cannot have a total moment of 12' 's/^  ecut/  spin: collinear\n  total_moment: 12\n  bands: 12\n&/'
refused_energy moment_that_is_odd '8 electrons cannot have a total moment of 3 with fixed occupations: an even number or a smearing is wanted' 's/^  ecut/  spin: collinear\n  total_moment: 3\n&/'
refused_energy moment_beyond_the_atom 'atom 1 \(Mg\): a starting moment of 3; wanted at most its 2 valence electrons' 's/^  ecut/  spin: collinear\n  total_moment: 2\n  moments: {Mg: 3}\n&/'
refused_energy no_moment_to_start_from 'collinear spin without a starting moment' 's/^  ecut/  spin: collinear\n  smearing: {kind: gaussian, width: 0.01 Ha}\n&/'
refused_energy smearing_without_width 'case.yaml:8: .*width' 's/^  kpoints/  smearing: {kind: gaussian}\n&/'
refused_energy forces_are_not_a_truth_value 'case.yaml:9: .*maybe' 's/forces: true/forces: maybe/'

energy_with ''
refused json_in_a_missing_folder 'none/x.json: .*folder none' energy case.yaml --json none/x.json

# Pseudopotentials.
refused_energy no_pseudo_for_an_element 'case.yaml:[0-9]+: .*Mg' '/Mg: /d'
refused_energy pseudo_of_no_element 'case.yaml:5: .*Mx' 's/Mg: /Mx: /'
refused_energy missing_pseudo_file 'case.yaml:5: .*NO_SUCH_FILE' 's/Mg: {file: GTH_POTENTIALS/Mg: {file: NO_SUCH_FILE/'
refused_energy missing_pseudo_entry 'case.yaml:[0-9]+: .*GTH-PBE-q99' 's/GTH-PBE-q2/GTH-PBE-q99/'

# upf FILE ELEMENT KIND: the start of a UPF file, which ends in its mesh.
upf() {
    printf '<UPF version="2.0.1">\n<PP_HEADER element="%s" pseudo_type="%s" relativistic="scalar" core_correction="F"\n' "$2" "$3"
    printf ' z_valence="2.0" mesh_size="100" number_of_proj="0"/>\n<PP_MESH>\n<PP_R>\n0.0 0.1 0.2\n'
} >"$1"
mkdir folder two
upf ultrasoft.upf Mg US
upf other.upf Si NC
upf folder/Mg.upf Mg NC
upf two/O.upf O NC
upf two/O_ONCV.upf O NC
in_file() { refused_energy "$1" "$2" "s#{file: GTH_POTENTIALS, entry: GTH-PBE-q2}#{file: $3}#"; }
in_folder() { refused_energy "$1" "$2" "/Mg: /d; /O: /d; s#pseudo:#pseudo: $3#"; }
in_file ultrasoft_file 'ultrasoft.upf:2: is an ultrasoft pseudopotential' ultrasoft.upf
in_file file_of_another_element 'other.upf:2: is a pseudopotential of Si; wanted one of Mg' other.upf
in_file truncated_file 'folder/Mg.upf:5: PP_R has no end: the file is truncated' folder/Mg.upf
in_folder folder_without_an_element 'case.yaml:4: .*folder has no file for O' folder
in_folder folder_with_two_files 'case.yaml:4: .*two has 2 files for O: O' two
in_folder missing_folder 'case.yaml:4: .*\./nowhere is no folder' ./nowhere

# Structures.
refused_energy missing_structure 'case.yaml:1: .*absent.cif' 's/mgo.extxyz/absent.cif/'
echo 'no structure' >notes.txt
refused_energy unknown_format 'notes.txt' 's/mgo.extxyz/notes.txt/'
head -n 3 mgo.extxyz >short.extxyz
refused_energy truncated_extxyz 'short.extxyz' 's/mgo.extxyz/short.extxyz/'
sed 's/^O .*/O 0.01 0.0 0.0/' mgo.extxyz >close.extxyz
refused_energy atoms_on_top_of_each_other 'close.extxyz:4: .*0.010 Ang apart' 's/mgo.extxyz/close.extxyz/'
sed 's/^O /Qq /' mgo.extxyz >element.extxyz
refused_energy unknown_element 'element.extxyz:4: .*Qq' 's/mgo.extxyz/element.extxyz/'
sed 's/^O 2.106/O abc/' mgo.extxyz >number.extxyz
refused_energy position_is_text 'number.extxyz:4: .*abc' 's/mgo.extxyz/number.extxyz/'
sed 's/Lattice="[^"]*"/Lattice="1 0 0 2 0 0 0 0 1"/' mgo.extxyz >flat.extxyz
refused_energy flat_cell 'flat.extxyz' 's/mgo.extxyz/flat.extxyz/'
cat >good.cif <<'CIF'
data_MgO
_symmetry_space_group_name_H-M 'F m -3 m'
_cell_length_a 4.212
_cell_length_b 4.212
_cell_length_c 4.212
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Mg 0 0 0
O 0.5 0.5 0.5
CIF
head -n 13 good.cif >short.cif
refused_energy truncated_cif 'short.cif' 's/mgo.extxyz/short.cif/'
sed 's/^O 0.5 0.5 0.5/O 0.5 0.5/' good.cif >row.cif
refused_energy short_cif_row 'row.cif' 's/mgo.extxyz/row.cif/'
sed 's/^_cell_length_a 4.212/_cell_length_a -4.212/' good.cif >negative.cif
refused_energy negative_cell_length 'negative.cif' 's/mgo.extxyz/negative.cif/'
refused_energy no_such_cif_block 'good.cif.*NaCl' 's/file: mgo.extxyz/file: good.cif, block: NaCl/'

# Campaigns.
refused_campaign name_is_empty 'campaign.yaml:1: campaign.name = "".*wanted' 's/name: test/name: ""/'
refused_campaign name_is_a_path 'campaign.yaml:1: campaign.name = "a/b".*wanted' 's/name: test/name: a\/b/'
refused_campaign no_crystals 'bulk' '/bulk:/,/file:/d'
refused_campaign zero_index 'campaign.yaml:4: .*max_index.*0' 's/max_index: 1/max_index: 0/'
refused_campaign vacuum_in_hartree 'campaign.yaml:4: .*8 Ha' 's/8 Ang/8 Ha/'
refused_campaign learner_that_is_not_there 'campaign.yaml:7: .*learner.prune is not available yet' '$a learner: {prune: true}'
refused_campaign level_of_another_functional 'campaign.yaml:7: .*edges.level' '$a edges: {level: pbesol}'
refused_campaign volumes_in_a_campaign_of_surfaces 'campaign.yaml:7: equation_of_state .*kind surface; wanted' '$a equation_of_state: {points: 7}'
refused_campaign unknown_kind 'campaign.yaml:1: .*surfaces.*equation_of_state' 's/kind: surface/kind: surfaces/'
refused_volumes() { refused_campaign "$1" "$2" "s/kind: surface/kind: equation_of_state/; $3"; }
refused_volumes slab_in_a_campaign_of_volumes 'campaign.yaml:4: slab .*kind equation_of_state; wanted' ''
refused_volumes even_number_of_points 'campaign.yaml:4: .*points = 6; wanted an odd' 's/^slab:.*/equation_of_state: {points: 6}/'
refused_volumes too_few_points 'campaign.yaml:4: .*points.*3' 's/^slab:.*/equation_of_state: {points: 3}/'
refused_volumes range_in_percent 'campaign.yaml:4: .*range.*6' 's/^slab:.*/equation_of_state: {range: 6}/'
refused_volumes crystal_under_two_names 'mgo.* the same as|"b" is' 's/^slab:.*//; s/^  - .*/&\n  - {file: mgo.extxyz, name: b}/'
refused_campaign same_crystal_twice 'campaign.yaml:4: .*mgo' 's/^  - .*/&\n&/'
refused_campaign unwritable_folder '/proc/test.db' 's|ledger: test.db|ledger: /proc/test.db|'
refused_campaign missing_folder 'absent/test.db' 's|ledger: test.db|ledger: absent/test.db|'
[ ! -e test.db ] && ok no_ledger_was_made || fail no_ledger_was_made "test.db exists"

# A ledger that must not be harmed.
campaign_with ''
if timeout 60 "$KAIMEN" run campaign.yaml >out.txt 2>err.txt; then ok good_campaign_runs
else fail good_campaign_runs "exit status $?: $(head -c 300 err.txt)"; fi
before=$(sha256sum <test.db)
refused_campaign ledger_of_another_campaign 'test.db' 's/functional: PBE,/functional: PBEsol,/'
refused_campaign ledger_beside_a_misspelt_key 'campaign.yaml:4: .*vacum.*vacuum' 's/vacuum/vacum/'
[ "$(sha256sum <test.db)" = "$before" ] && ok ledger_is_unharmed || fail ledger_is_unharmed "its bytes changed"
echo 'not a ledger' >text.db
refused_campaign ledger_that_is_a_text 'text.db' 's/test.db/text.db/'
[ "$(cat text.db)" = 'not a ledger' ] && ok text_is_unharmed || fail text_is_unharmed "its bytes changed"
refused csv_into_a_missing_folder 'absent/t.csv' export test.db --csv absent/t.csv

mkdir full
if mount -t tmpfs -o size=48k tmpfs full 2>/dev/null; then
    refused_campaign full_disk 'full/test.db' 's|ledger: test.db|ledger: full/test.db|'
    umount full
    mount -t tmpfs -o size=64k tmpfs full
    head -c 60k /dev/zero >full/ballast
    refused export_to_a_full_disk 'full/t.h5' export test.db --hdf5 full/t.h5
    umount full
else
    echo "skip full_disk: a tmpfs cannot be mounted here"
fi

# Several ranks: the error is still printed once.
energy_with 's/10 Ha/-10 Ha/'
mpirun --oversubscribe -n 3 "$KAIMEN" energy case.yaml >out.txt 2>err.txt
[ "$(grep -c '^kaimen: ' err.txt)" = 1 ] && ok three_ranks_print_one_line ||
    fail three_ranks_print_one_line "$(grep -c '^kaimen: ' err.txt) lines"

exit $n_bad
