namespace SimulationManager.Api.Contract;

/// <summary>Where a page lies in its list.</summary>
public sealed record Pagination(int CurrentPage, int PageSize, long TotalItems, long TotalPages, bool HasNext, bool HasPrevious)
{
    public static Pagination Of(PageRequest request, long totalItems)
    {
        var pages = (totalItems + request.Size - 1) / request.Size;
        return new Pagination(request.Page, request.Size, totalItems, pages, request.Page < pages, request.Page > 1);
    }
}

/// <summary>Which page of a list is wanted.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Size">1–<see cref="MaxSize"/>.</param>
public sealed record PageRequest(int Page, int Size)
{
    public const int DefaultSize = 10;
    public const int MaxSize = 1000;

    /// <summary>Items before this page.</summary>
    public long Offset => (Page - 1L) * Size;

    /// <summary>Reads <c>page</c> and <c>size</c> from a query.</summary>
    public static PageRequest From(QueryReader query) =>
        new(query.Integer(1, 1, int.MaxValue, "page"), query.Integer(DefaultSize, 1, MaxSize, "size"));
}
