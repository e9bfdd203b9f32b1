use std::path::PathBuf;

use qunet_stack::SliceId;

/// What can go wrong on the way to an annotator's program and back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that serves for no file.
    #[error("{name:?} is no name for files; use letters, digits, `-`, `_` and `.`")]
    Name {
        /// The name.
        name: String,
    },
    /// A task without slices.
    #[error("no slice of {name} is asked for; name at least one")]
    NothingAsked {
        /// The task.
        name: String,
    },
    /// Too few or too many classes.
    #[error("a task has 1 to 254 foreground classes, not {classes}")]
    Classes {
        /// How many there are.
        classes: usize,
    },
    /// A suggestion on another grid.
    #[error("the suggestion has shape {found:?} (slices, height, width), the stack {expected:?}")]
    SuggestionShape {
        /// Its shape.
        found: [usize; 3],
        /// That of the stack.
        expected: [usize; 3],
    },
    /// A value that is no label.
    #[error(
        "slice {slice} holds {label}, which is no label; 0 is background, 1 to {classes} are the \
         classes, 255 is what nobody annotated"
    )]
    Label {
        /// The slice.
        slice: SliceId,
        /// The value.
        label: f32,
        /// Foreground classes of the task.
        classes: usize,
    },
    /// A value between labels.
    #[error(
        "{path}: slice {slice} holds {value}, and labels are whole numbers; save the masks in an \
         integer type, or threshold them"
    )]
    Fraction {
        /// The file.
        path: PathBuf,
        /// The slice.
        slice: SliceId,
        /// The value.
        value: f32,
    },
    /// 255 where a lesion may be meant.
    #[error(
        "slice {slice} holds 255 beside 0, and no label; 255 is what nobody annotated. If it marks \
         the lesion, read the masks as binary; if there is nothing, fill the slice with 0"
    )]
    Ambiguous255 {
        /// The slice.
        slice: SliceId,
    },
    /// A folder that is in use.
    #[error("{folder} is not empty; export into a new folder")]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A folder, a device or a pipe where a file is meant.
    #[error("{path} is no file; give the file that the program exports")]
    NoFile {
        /// What it is called.
        path: PathBuf,
    },
    /// A file or folder that cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A JSON file that does not hold what it should.
    #[error("{path} is no {format}: {problem}; {remedy}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// What is wrong with it, and where.
        problem: String,
        /// How such a file is got.
        remedy: &'static str,
    },
    /// Masks on another grid.
    #[error(
        "{path} has shape {found:?} (slices, height, width), the stack {expected:?}; save the \
         masks on the grid of the image"
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// Its shape.
        found: [usize; 3],
        /// That of the stack.
        expected: [usize; 3],
    },
    /// Masks that lie elsewhere.
    #[error(
        "{path} lies up to {} mm from its stack; save the masks with the orientation and origin of \
         the image",
        qunet_stack::millimetres(*distance)
    )]
    Place {
        /// The file.
        path: PathBuf,
        /// The largest distance between corners, in mm.
        distance: f64,
    },
    /// A picture that belongs to no slice.
    #[error("{picture:?} in {path} is the picture of no slice: its name ends in no slice number")]
    Picture {
        /// The file.
        path: PathBuf,
        /// The picture it speaks of.
        picture: String,
    },
    /// Two pictures of one slice, of which one would be lost.
    #[error("{path} has two pictures of slice {slice}; export one of them")]
    Twice {
        /// The file.
        path: PathBuf,
        /// The slice.
        slice: SliceId,
    },
    /// A picture of another size than its slice.
    #[error(
        "{picture:?} in {path} is {} x {} pixels (height x width), and slice {slice} is {} x {}; \
         annotate pictures of the size that was exported",
        found.0, found.1, expected.0, expected.1
    )]
    PictureSize {
        /// The file.
        path: PathBuf,
        /// The picture.
        picture: String,
        /// Its slice.
        slice: SliceId,
        /// Height and width of the picture.
        found: (usize, usize),
        /// Height and width of the slice.
        expected: (usize, usize),
    },
    /// An annotation of a picture that the file does not list.
    #[error(
        "annotation {annotation} in {path} is of image {image}, which is not listed there; export \
         pictures and annotations together"
    )]
    Orphan {
        /// The file.
        path: PathBuf,
        /// The annotation, by its id or else its place.
        annotation: String,
        /// The id of the image.
        image: u64,
    },
    /// A mask of a slice that cannot be decoded.
    #[error("{path}, slice {slice}{}: {problem}", within(annotation))]
    Mask {
        /// The file.
        path: PathBuf,
        /// The slice.
        slice: SliceId,
        /// The annotation, where it has an id.
        annotation: Option<String>,
        /// What is wrong with it.
        problem: MaskProblem,
    },
    /// An NRRD file that cannot be read.
    #[error("{path} is no segmentation that is read here: {problem}")]
    Nrrd {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: NrrdProblem,
    },
    /// Stacks and their files.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
}

fn within(annotation: &Option<String>) -> String {
    annotation.as_ref().map(|id| format!(", annotation {id}")).unwrap_or_default()
}

/// What is wrong with an encoded mask.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MaskProblem {
    /// Runs that add up to something else than the pixels.
    #[error("its runs add up to {found} pixels, not {expected}")]
    Length {
        /// Sum of the runs.
        found: u64,
        /// Pixels of the slice.
        expected: u64,
    },
    /// A size that is not that of the slice.
    #[error(
        "it is of a picture of {} x {} pixels (height x width), and the slice is {} x {}",
        found.0, found.1, expected.0, expected.1
    )]
    Size {
        /// Height and width of the mask.
        found: (usize, usize),
        /// Height and width of the slice.
        expected: (usize, usize),
    },
    /// Bits or characters that end too early.
    #[error("it is cut short")]
    CutShort,
    /// A character that no run is written with.
    #[error("it holds the byte {byte}, with which no run is written")]
    Character {
        /// The byte.
        byte: u8,
    },
    /// A run of negative or huge length.
    #[error("it holds a run of impossible length")]
    Run,
    /// Words of another size than 8 bits.
    #[error("its words have {bits} bits, not 8")]
    WordSize {
        /// Their size.
        bits: u32,
    },
    /// Fewer than three corners, half a corner, or one that lies far outside.
    #[error(
        "its polygon is broken: it has three or more corners x, y, none farther out than the slice is large"
    )]
    Polygon,
    /// A polygon that was begun and not closed.
    #[error("its polygon is not closed; close it, or remove it")]
    Open,
    /// A box, a point or the like.
    #[error(
        "it has no outline, only a box or points; draw it with the brush, the mask or the \
         polygon tool"
    )]
    Outline,
    /// A polygon that is not a list of its parts.
    #[error(
        "its polygon is one flat list of numbers; write one list for each part, as in \
         [[x1, y1, x2, y2, x3, y3]]"
    )]
    Flat,
    /// Something else than polygons and runs.
    #[error("its segmentation is neither polygons nor runs of counts and size")]
    Segmentation,
    /// A class that the task does not have.
    #[error("it is of the class {name:?}, and the task has {known}; call it so, or remove it")]
    Class {
        /// Its name.
        name: String,
        /// Names of the classes there are.
        known: String,
    },
    /// A category that the file does not list.
    #[error("its category {category} is not listed in the file")]
    Category {
        /// The id.
        category: u64,
    },
    /// A polygon that covers no pixel.
    #[error("it covers no pixel of the slice; remove it, or draw it larger")]
    Nothing,
    /// A region of a kind whose pixels are not defined.
    #[error(
        "it is a region of type {kind}, of which no pixels are known; draw it with the brush \
         (brushlabels), a polygon (polygonlabels) or a rectangle (rectanglelabels)"
    )]
    Region {
        /// The type.
        kind: String,
    },
    /// A region that does not hold what its type says.
    #[error("its value for {kind} is broken: {problem}")]
    Broken {
        /// The type.
        kind: String,
        /// What its reader says.
        problem: String,
    },
    /// A region of none or several classes.
    #[error("it has the labels {labels:?}; a region has one")]
    Labels {
        /// Their names.
        labels: Vec<String>,
    },
    /// A picture that was turned.
    #[error("its picture is turned by {degrees} degrees (image_rotation); annotate it unturned")]
    Turned {
        /// The angle.
        degrees: f64,
    },
    /// A way of encoding that is not read.
    #[error("its format is {format:?}; only \"rle\" is read")]
    Format {
        /// The format named.
        format: String,
    },
}

/// What is wrong with an NRRD file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NrrdProblem {
    /// It starts otherwise.
    #[error("it does not start with NRRD; save the segmentation as .seg.nrrd")]
    Magic,
    /// A field that is missing or makes no sense.
    #[error("its field {field:?} is {value:?}; {remedy}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value; empty where it is missing.
        value: String,
        /// What it must be.
        remedy: &'static str,
    },
    /// Voxels that lie in another file.
    #[error("its voxels lie in {file}; save header and voxels as one file (.seg.nrrd)")]
    Detached {
        /// The other file.
        file: String,
    },
    /// Labels of which nothing is known but their numbers.
    #[error(
        "it names no segments; save it as a segmentation (.seg.nrrd), of which each segment is \
         called as its class"
    )]
    NoSegments,
    /// A segment of a class that the task does not have.
    #[error(
        "its segment {segment} is called {name:?}, and the task has {known}; rename or remove it"
    )]
    Class {
        /// The number of the segment in the file.
        segment: usize,
        /// Its name.
        name: String,
        /// Names of the classes there are.
        known: String,
    },
    /// Two segments with one value, of which one would be lost.
    #[error(
        "its segments {first:?} and {second:?} both have the label value {value}; give each a \
         value of its own, or remove one"
    )]
    SharedValue {
        /// The name of one.
        first: String,
        /// The name of the other.
        second: String,
        /// Their value.
        value: u8,
    },
    /// Voxels that belong to no segment.
    #[error(
        "slice {slice} holds the value {value}, and the segments have {known}; add a segment for \
         it, or set it to 0"
    )]
    Value {
        /// The slice.
        slice: SliceId,
        /// The value.
        value: u8,
        /// Values and names of the segments.
        known: String,
    },
    /// Fewer or more voxels than the header says.
    #[error(
        "it holds {found} voxels, and its header says {expected}; copy it again, or save it \
         anew"
    )]
    Voxels {
        /// Voxels there are, at most one more than expected.
        found: usize,
        /// Voxels by the header.
        expected: usize,
    },
    /// Voxels that cannot be unpacked.
    #[error("its voxels cannot be unpacked ({0}); copy it again, or save it anew")]
    Gzip(std::io::Error),
}
