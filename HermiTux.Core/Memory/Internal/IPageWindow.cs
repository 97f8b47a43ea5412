namespace HermiTux.Memory;

/// <summary>
/// A view that shows pages of a space at host addresses, by mapping the store's memory file there. Called by
/// <see cref="AddressSpace.Show"/> with the space locked; must not call back.
/// </summary>
internal interface IPageWindow
{
    /// <summary>
    /// A page is touched for the first time. How many pages the space may bring in from there, in ascending order when
    /// positive and in descending order when negative; 1 is just the page itself.
    /// </summary>
    int PagesToBringIn(ulong page);

    /// <summary>
    /// Makes pages visible that lie one after the other both in the guest and in the store.
    /// </summary>
    /// <param name="start">Guest address of the first page.</param>
    /// <param name="count">Pages; all within one 2 MiB leaf.</param>
    /// <param name="frame">Frame of the first page.</param>
    /// <param name="writable">Whether stores are allowed; loads always are.</param>
    /// <param name="fresh">Whether most of these pages have just been brought in, so that they are likely to be used all.</param>
    /// <returns>False when the host refuses.</returns>
    bool Show(ulong start, int count, long frame, bool writable, bool fresh);
}
