namespace HermiTux.Memory;

/// <summary>
/// A view that shows pages of a space at host addresses, by mapping the store's memory file there. Called by
/// <see cref="AddressSpace.Show"/> with the space locked; must not call back.
/// </summary>
internal interface IPageWindow
{
    /// <summary>
    /// An anonymous page is touched for the first time. Which pages around it the space may bring in with it.
    /// </summary>
    (ulong Start, ulong End) PagesToBringIn(ulong page);

    /// <summary>
    /// Makes pages visible that lie one after the other both in the guest and in the store.
    /// </summary>
    /// <param name="start">Guest address of the first page.</param>
    /// <param name="count">Pages; all within one 2 MiB leaf.</param>
    /// <param name="frame">Frame of the first page.</param>
    /// <param name="writable">Whether stores are allowed; loads always are.</param>
    /// <param name="fresh">Whether the program fills memory and most of these pages have just been brought in for it, so that all are likely to be used.</param>
    /// <returns>False when the host refuses.</returns>
    bool Show(ulong start, int count, long frame, bool writable, bool fresh);

    /// <summary>
    /// Makes pages of a host file visible for reading where the page table has none. They are hidden again when it gets one
    /// (<see cref="IAddressSpaceView.Extend"/>) and when the mapping changes (<see cref="IAddressSpaceView.Remap"/>).
    /// </summary>
    /// <param name="start">Guest address of the first page.</param>
    /// <param name="count">Pages; all within one 2 MiB leaf.</param>
    /// <param name="descriptor">The file.</param>
    /// <param name="offset">Where the first page is in it, in bytes.</param>
    /// <returns>False when the host refuses.</returns>
    bool ShowFile(ulong start, int count, int descriptor, long offset);
}
