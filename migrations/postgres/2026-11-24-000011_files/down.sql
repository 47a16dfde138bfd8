DROP TABLE file_rejections, files;
