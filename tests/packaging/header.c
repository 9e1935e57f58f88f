/* Valid C and C++: the header needs nothing before it and may be included twice. */
#include <ironbase.h>
#include <ironbase.h>

int main(void)
{
    return ironbase_version() == 0;
}
