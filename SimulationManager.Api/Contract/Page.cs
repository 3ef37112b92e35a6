using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;

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
}

// Properties: the request delegate generator hands on the annotations of positional parameters in a form that the OpenAPI document cannot read.

/// <summary>The query parameters that name a page.</summary>
public sealed record PageQuery
{
    [FromQuery(Name = "page"), Range(1, int.MaxValue), DefaultValue(1), Description("From 1; a page past the end is empty.")]
    public int? Page { get; init; }

    [FromQuery(Name = "size"), Range(1, PageRequest.MaxSize), DefaultValue(PageRequest.DefaultSize)]
    public int? Size { get; init; }

    public PageRequest ToRequest() => new(Page ?? 1, Size ?? PageRequest.DefaultSize);
}

/// <summary>The query parameter of a list that can show the items of one simulation.</summary>
public sealed record OfSimulation
{
    [FromQuery(Name = "simulationId"), AlsoAs("simulation_id"), Range(1L, long.MaxValue), Description("Only of this simulation.")]
    public long? SimulationId { get; init; }
}
