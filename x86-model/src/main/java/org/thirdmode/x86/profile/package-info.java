/** Which processor the model is: its features, identification and geometry. */
package org.thirdmode.x86.profile;
