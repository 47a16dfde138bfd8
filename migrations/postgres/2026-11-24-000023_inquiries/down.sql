DROP TABLE inquiry_calls, inquiries;
