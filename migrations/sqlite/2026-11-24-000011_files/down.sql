DROP TABLE file_rejections;
DROP TABLE files;
