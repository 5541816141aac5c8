int lamp_unit;
