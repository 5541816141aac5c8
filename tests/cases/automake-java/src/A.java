package org;
class A {}
