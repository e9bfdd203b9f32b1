#!/bin/sh
# Fills the corpora of the readers of stacks with small valid files, which the fuzzer then breaks.
set -eu
cd "$(dirname "$0")"
golden=../crates/qunet-stack/tests/golden

add() { mkdir -p "corpus/$1"; cp "$2" "corpus/$1/seed-$(echo "$2" | sed "s|$golden/||; s|/|-|g")"; }

for file in "$golden"/*.tif; do add read_tiff "$file"; done
for file in "$golden"/*.npy; do add read_npy "$file"; done
for file in "$golden"/photo/* "$golden"/png8/* "$golden"/png16/*; do add read_picture "$file"; done
for file in "$golden"/dicom_*/1 "$golden"/*.dcm; do add read_dicom "$file"; done

# The first byte says whether the rest is packed before it is read.
mkdir -p corpus/read_nifti corpus/read_nifti_pair
for file in "$golden"/*.nii "$golden"/*.nii.gz; do
    name=seed-$(basename "$file")
    { printf '\000'; cat "$file"; } > "corpus/read_nifti/$name"
    case $file in *.gz) unpack="gzip -dc" ;; *) unpack=cat ;; esac
    { printf '\001'; $unpack "$file"; } > "corpus/read_nifti/$name-unpacked"
done
cat "$golden/pair.hdr" "$golden/pair.img" > corpus/read_nifti_pair/seed-pair
