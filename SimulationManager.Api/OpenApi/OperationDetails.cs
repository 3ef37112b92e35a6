using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;

namespace SimulationManager.Api.OpenApi;

/// <summary>What an operation's handler reads and answers beyond its typed parameters: who may call, examples.</summary>
internal sealed class OperationDetails : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Security = ApiDocument.SecurityOf(metadata.OfType<IAllowAnonymous>().Any(), context.Document!);
        foreach (var name in metadata.OfType<QueryParameters>().SelectMany(parameters => parameters.Names)) AddQuery(operation, name);
        if (operation.OperationId is { } id) Complete(id, operation);
        return Task.CompletedTask;
    }

    private static void Complete(string id, OpenApiOperation operation)
    {
        if (ApiExamples.RequestOf(id) is { } request && operation.RequestBody?.Content?[Json] is { } body) body.Example = request;
        if (ApiExamples.AnswerOf(id) is { } answer) operation.SuccessContent().Example = answer;
        if (id != "StreamEvents") return;
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = "Last-Event-ID", In = ParameterLocation.Header, Description = "The last id that the client has: events after it come first.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
        });
    }

    private static void AddQuery(OpenApiOperation operation, string name)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = QuerySchemaOf(name), Description = QueryTextOf(name) });
    }

    private static OpenApiSchema QuerySchemaOf(string name) => name switch
    {
        "page" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Default = 1 },
        "size" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = $"{PageRequest.MaxSize}", Default = PageRequest.DefaultSize },
        "simulationId" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" },
        "start_date" or "end_date" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date" },
        "pattern_type" => Words(PatternWords.ByWord.Keys),
        "status" => Words(PatternWords.StatusByWord.Keys.Union(PatternWords.RunStatusByWord.Keys)),
        "view" => Words(Dashboard.SimulationViewWords.ByWord.Keys),
        _ => new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static string? QueryTextOf(string name) => name switch
    {
        "page" => "From 1; a page past the end is empty.",
        "pattern_type" => "Also `patternType`.",
        "start_date" => "First day, included (UTC). Also `startDate`.",
        "end_date" => "Last day, included (UTC). Also `endDate`.",
        "simulationId" => "Only of this simulation.",
        "view" => "`detail` when left out.",
        _ => null,
    };

    private static OpenApiSchema Words(IEnumerable<string> words) =>
        new() { Type = JsonSchemaType.String, Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))] };
}

/// <summary>What an operation answers.</summary>
internal static class OperationContent
{
    /// <summary>The JSON of its success.</summary>
    public static OpenApiMediaType SuccessContent(this OpenApiOperation operation) =>
        operation.Responses!.First(response => response.Key[0] == '2').Value.Content!["application/json"];
}
