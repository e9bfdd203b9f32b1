#!/bin/sh
# Fills the corpora of the readers with small valid files, which the fuzzer then breaks.
set -eu
cd "$(dirname "$0")"
golden=../crates/qunet-stack/tests/golden

add() { mkdir -p "corpus/$1"; cp "$2" "corpus/$1/seed-$(echo "$2" | sed "s|.*tests/[a-z]*/||; s|/|-|g")"; }

for file in "$golden"/*.tif; do add read_tiff "$file"; done
cases=../crates/qunet-exchange/tests/cases
for file in "$cases"/50[1-4]*.json "$cases"/592*.json "$cases"/814*.json; do add read_coco "$file"; done
for file in "$cases"/50[5-8]*.json "$cases"/591*.json; do add read_label_studio "$file"; done
mkdir -p corpus/read_nrrd corpus/tiff_description
# The first byte says whether voxels are packed before they are read.
for file in "$cases"/*.nrrd; do
    { printf '\000'; cat "$file"; } > "corpus/read_nrrd/seed-$(basename "$file")"
done
printf 'ImageJ=1.54f\nimages=3\nslices=3\n' > corpus/tiff_description/seed-imagej
printf '{"shape": [3, 3, 4], "truncated": true}' > corpus/tiff_description/seed-shape
printf '<OME><Pixels SizeC="1" SizeT="1" SizeZ="3"/></OME>' > corpus/tiff_description/seed-ome
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
