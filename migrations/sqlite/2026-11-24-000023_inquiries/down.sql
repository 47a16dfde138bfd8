DROP TABLE inquiry_calls;
DROP TABLE inquiries;
