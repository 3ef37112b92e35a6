namespace SimulationManager.Api.Contract;

/// <summary>Query parameters that an endpoint reads through <see cref="QueryReader"/>, for the OpenAPI document.</summary>
internal sealed record QueryParameters(IReadOnlyList<string> Names);

internal static class QueryParameterMetadata
{
    /// <summary>Names the query parameters of an endpoint.</summary>
    public static TBuilder WithQuery<TBuilder>(this TBuilder builder, params string[] names) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new QueryParameters(names));
}
