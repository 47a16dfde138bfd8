DROP TABLE papers;
DROP TABLE paper_templates;
