"""Writes the files beside it, and expected.json: shape and CRC-32 (of the values as
little-endian floats of 32 bits) of the pages that a stack has, as tifffile reads them.

Files that are to be refused have none there. Run with numpy, Pillow, rasterio (GDAL) and tifffile.
"""

import json
import pathlib
import zlib

import numpy
import rasterio
import tifffile
from PIL import Image

HERE = pathlib.Path(__file__).parent
STACK = numpy.random.default_rng(1).integers(0, 4000, (6, 4, 5)).astype(numpy.uint16)
expected = {}


def expect(name, pages=None):
    """What tifffile reads of all pages, or of those."""
    with tifffile.TiffFile(HERE / name) as file:
        pages = range(len(file.pages)) if pages is None else pages
        slices = numpy.stack([file.pages[page].asarray() for page in pages])
    crc = zlib.crc32(slices.astype("<f4").tobytes())
    expected[name] = {"shape": slices.shape, "crc": crc}
    return slices


def ome(name, text, order=range(6)):
    """Pages with that text beside the first."""
    with tifffile.TiffWriter(HERE / name, ome=False) as file:
        for page, plane in enumerate(order):
            about = text if page == 0 else None
            file.write(STACK[plane], description=about, metadata=None)


def pixels(channels, slices, data):
    return (
        '<?xml version="1.0"?>'
        '<ome:OME xmlns:ome="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<ome:Image ID="Image:0"><ome:Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" '
        f'SizeX="5" SizeY="4" SizeZ="{slices}" SizeC="{channels}" SizeT="1">'
        f"{data}</ome:Pixels></ome:Image></ome:OME>"
    )


def descriptions():
    ome("ome_prefix.tif", pixels(1, 6, "<ome:TiffData/>"))
    expect("ome_prefix.tif")
    ome("ome_prefix_channels.tif", pixels(2, 3, "<ome:TiffData/>"))
    quotes = pixels(2, 3, "<TiffData/>").replace("ome:", "").replace(":ome", "")
    ome("ome_quotes_channels.tif", quotes.replace('"', "'"))
    order = [5, 3, 4, 2, 0, 1]
    data = "".join(
        f'<ome:TiffData FirstZ="{plane}" IFD="{page}" PlaneCount="1"/>'
        for page, plane in enumerate(order)
    )
    ome("ome_order.tif", pixels(1, 6, data), order)
    slices = expect("ome_order.tif", numpy.argsort(order))
    assert (tifffile.imread(HERE / "ome_order.tif") == slices).all()
    ome("ome_fewer.tif", pixels(1, 5, "<ome:TiffData/>"))
    with tifffile.TiffWriter(HERE / "ome_images.tif", ome=True) as file:
        file.write(STACK[:3], photometric="minisblack", metadata={"axes": "ZYX"})
        file.write(STACK[3:], photometric="minisblack", metadata={"axes": "ZYX"})
    with tifffile.TiffWriter(HERE / "series.tif") as file:
        file.write(STACK[:3], photometric="minisblack")
        file.write(STACK[3:5])
    with tifffile.TiffWriter(HERE / "series_and_page.tif") as file:
        file.write(STACK[:3], photometric="minisblack")
        file.write(STACK[3], metadata=None)
    with tifffile.TiffWriter(HERE / "one_by_one.tif") as file:
        for plane in STACK:
            file.write(plane)
    expect("one_by_one.tif")
    tifffile.imwrite(HERE / "axes_channels.tif", STACK[:2], metadata={"axes": "CYX"})


def noise(height, width, seed):
    return numpy.random.default_rng(seed).integers(0, 40, (height, width)).astype(numpy.uint16)


def disk(height, width):
    rows, columns = numpy.mgrid[:height, :width]
    inside = numpy.hypot(rows - height / 2, columns - width / 2) < height / 4
    return (inside * 255).astype(numpy.uint8)


def tiles():
    """LZW in tiles that do not fill the page, of which the decoder loses the last values of some."""
    options = {"tile": (16, 16), "compression": "lzw", "photometric": "minisblack"}
    for name, page, more in [
        ("tiles_noise.tif", noise(21, 38, 1), {}),
        ("tiles_predictor.tif", noise(21, 38, 2), {"predictor": True}),
        ("tiles_big_endian.tif", noise(21, 38, 3), {"byteorder": ">"}),
        ("tiles_bigtiff.tif", noise(21, 38, 4), {"byteorder": ">", "bigtiff": True}),
        ("tiles_disk.tif", disk(37, 44), {}),
        ("tiles_whole.tif", disk(32, 48), {}),
        ("tiles_float.tif", noise(21, 38, 5).astype(numpy.float32) / 7, {"predictor": True}),
    ]:
        tifffile.imwrite(HERE / name, page, metadata=None, **options, **more)
        expect(name)
    # GDAL is libtiff.
    with rasterio.open(
        HERE / "tiles_gdal.tif", "w", driver="GTiff", height=67, width=40, count=1, dtype="uint8",
        tiled=True, blockxsize=32, blockysize=32, compress="lzw",
    ) as file:
        file.write(disk(67, 40), 1)
    expect("tiles_gdal.tif")


def bits():
    """Masks of a bit each, of which 0 is white in some: the values are those that are stored."""
    masks = numpy.stack([disk(19, 21), disk(19, 21).T[:19, :19].repeat(2, 1)[:, :21]]) > 0
    for name, more in [
        ("bits.tif", {}),
        ("bits_black_is_zero.tif", {"photometric": "minisblack"}),
        ("bits_packbits.tif", {"compression": "packbits"}),
        ("bits_lzw.tif", {"compression": "lzw"}),
        ("bits_deflate.tif", {"compression": "deflate"}),
        ("bits_tiles.tif", {"compression": "lzw", "tile": (16, 16)}),
        ("bits_deflate_tiles.tif", {"compression": "deflate", "tile": (16, 16)}),
    ]:
        tifffile.imwrite(HERE / name, masks, **more)
        assert (expect(name) == masks).all()
    # Nothing packs better than nothing: more than 2,800 values to a byte.
    empty = numpy.zeros((1, 3000, 3000), bool)
    tifffile.imwrite(HERE / "bits_empty.tif", empty, compression="lzw", rowsperstrip=3000)
    expect("bits_empty.tif")
    pages = [Image.fromarray(mask) for mask in masks]
    for name, packing in [("bits_pillow.tif", None), ("bits_group4.tif", "group4")]:
        pages[0].save(HERE / name, save_all=True, append_images=pages[1:], compression=packing)
        assert (expect(name) == masks).all()
    # GDAL is libtiff; scanners write white as 0.
    with rasterio.open(
        HERE / "bits_group4_white.tif", "w", driver="GTiff", height=19, width=21, count=1,
        dtype="uint8", nbits=1, photometric="MINISWHITE", compress="ccittfax4",
    ) as file:
        file.write(masks[0].astype(numpy.uint8), 1)
    assert (expect("bits_group4_white.tif") == masks[0]).all()
    pages[0].save(HERE / "bits_lowest_first.tif", compression="tiff_lzw", tiffinfo={266: 2})
    with tifffile.TiffFile(HERE / "bits_lowest_first.tif") as file:
        assert file.pages[0].fillorder == 2 and (file.asarray() == masks[0]).all()


def copies():
    """Smaller copies among the pages."""
    small = {"subfiletype": 1, "metadata": None}
    slices, copy = STACK[:3], STACK[0, ::2, ::2]

    def write(name, *pages):
        with tifffile.TiffWriter(HERE / name) as file:
            for page, more in pages:
                file.write(page, **{"metadata": None, **more})

    full = [(page, {}) for page in slices]
    write("copy_last.tif", *full, (copy, small))
    expect("copy_last.tif", range(3))
    write("copy_first.tif", (copy, small), *full)
    expect("copy_first.tif", range(1, 4))
    pairs = [pair for page in slices for pair in ((page, {}), (page[::2, ::2], small))]
    write("copy_each.tif", *pairs)
    expect("copy_each.tif", range(0, 6, 2))
    old = {"extratags": [(255, 3, 1, 2, True)]}
    write("copy_old_tag.tif", *full, (copy, old))
    expect("copy_old_tag.tif", range(3))
    write("copies_only.tif", *[(page, small) for page in slices])
    expect("copies_only.tif")
    write("copy_as_large.tif", *full, (slices[0], small))
    write("other_size.tif", *full, (copy, {}))
    bits = {"subfiletype": 4, "metadata": None}
    write("transparency.tif", (disk(8, 8) > 0, {}), (disk(8, 8) > 0, bits))


descriptions()
tiles()
bits()
copies()
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
