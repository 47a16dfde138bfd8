//! Bytes to values: what PBXes, CRMs, recorder apps and people send becomes
//! call reports, tables of baits, own numbers, traps and clients become rows, the
//! Ministry's files become numbering ranges, those of the portability database
//! ported numbers, and the names of recordings what they tell of their calls. Pure:
//! it reads what it is given, opens
//! no file, asks no clock, and does not know where the bytes come from or where
//! the values go. No bytes make it panic.

pub mod calls;
mod csv_rows;
pub mod file_names;
mod lines;
pub mod media;
pub mod numbering;
pub mod pcm;
pub mod portability;
pub mod profile;
pub mod sound;
pub mod table;
