#!/usr/bin/env bash
# Words of banned.txt in code (comments and texts do not count), functions, files, structs and nesting that grew too
# large, and TODO without an issue.
set -u
cd "$(dirname "$0")/../.."
find src include tests benchmarks -name '*.[ch]' -print0 2>/dev/null | sort -z | xargs -0 perl -we '
use strict;
my (@rules, $bad);
my ($longest_function, $longest_file, $most_fields, $deepest) = (80, 600, 25, 4);

open my $list, "<", "tests/style/banned.txt" or die;
while (<$list>) {
    next if /^#/ or /^\s*$/;
    # The pattern itself may hold |, but not with spaces around it.
    my ($pattern, $allowed, $instead) = split / \| /;
    chomp $instead;
    push @rules, [qr/$pattern/, qr/$allowed/, $instead];
}
sub complain { print "$_[0]:$_[1]: $_[2]\n"; $bad = 1 }

for my $file (@ARGV) {
    open my $input, "<", $file or die "$file: $!";
    my $text = do { local $/; <$input> };
    my @raw = split /\n/, $text, -1;
    for my $i (0 .. $#raw) {
        complain($file, $i + 1, "$1 without an issue: TODO(#12)")
            if $raw[$i] =~ /\b(TODO(?!\(#\d+\))|FIXME|XXX|HACK)\b/;
    }
    complain($file, $longest_file, "the file has $#raw lines; at most $longest_file")
        if $#raw > $longest_file and $file !~ /^tests/;
    # Comments and texts become blanks that keep the lines.
    $text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])+\x27)}
              {my $t = $1; $t =~ s/[^\n]/ /g; $t}gse;
    my ($start, $depth, $too_deep, $struct, $fields) = (0, 0, 0, 0, 0);
    my @lines = split /\n/, $text, -1;
    for my $i (0 .. $#lines) {
        local $_ = $lines[$i];
        for my $rule (@rules) {
            my ($pattern, $allowed, $instead) = @$rule;
            complain($file, $i + 1, "$1$& is banned here; wanted: $instead")
                if $file !~ $allowed and /()$pattern/;
        }
        ($start, $depth, $too_deep) = ($i + 1, 0, 0) if /^\{/;
        if (/^\}/ and $start) {
            my $length = $i + 2 - $start;
            complain($file, $start, "the function has $length lines; at most $longest_function")
                if $length > $longest_function;
            complain($file, $too_deep, "nested deeper than $deepest") if $too_deep;
            $start = 0;
        }
        if ($start) {
            # Initialisers and switch labels do not nest.
            $depth += (/\{$/ && !/=\s*\{$/ ? 1 : 0) - (/^\s*\}/ && !/^\s*\}[;,]/ ? 1 : 0);
            $too_deep ||= $i + 1 if $depth > $deepest + 1;
        }
        ($struct, $fields) = ($i + 1, 0) if /^(typedef )?struct\b[^;(]*\{$/;
        # One line may declare several: int a, b;
        $fields += 1 + tr/,// if $struct and /;/ and !/^\}/;
        if (/^\}/ and $struct) {
            complain($file, $struct, "the struct has $fields fields; at most $most_fields")
                if $fields > $most_fields;
            $struct = 0;
        }
    }
}
exit($bad ? 1 : 0);
'
