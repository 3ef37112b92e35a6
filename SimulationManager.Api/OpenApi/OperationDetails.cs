using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.OpenApi;

/// <summary>What an operation's handler reads and answers beyond its types: who may call, words and spellings of parameters, examples.</summary>
internal sealed class OperationDetails : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Security = ApiDocument.SecurityOf(metadata.OfType<IAllowAnonymous>().Any(), context.Document!);
        foreach (var parameter in context.Description.ParameterDescriptions) Complete(operation, parameter);
        if (operation.OperationId is { } id) Complete(id, operation);
        return Task.CompletedTask;
    }

    private static void Complete(string id, OpenApiOperation operation)
    {
        if (ApiExamples.RequestOf(id) is { } request && operation.RequestBody?.Content?[Json] is { } body) body.Example = request;
        if (ApiExamples.AnswerOf(id) is { } answer) operation.SuccessContent().Example = answer;
    }

    /// <summary>What the framework does not know of a parameter's annotations.</summary>
    private static void Complete(OpenApiOperation operation, ApiParameterDescription described)
    {
        if (described.ParameterDescriptor is not IParameterInfoParameterDescriptor { ParameterInfo: { } handled } || QueryParameter.Of(handled) is not { } query) return;
        var parameter = operation.Parameters!.OfType<OpenApiParameter>().Single(candidate => candidate.Name == query.Name);
        if (query.Alias is not null) parameter.Description = $"{parameter.Description} Also `{query.Alias}`.".TrimStart();
        if (query.Words is not null) ((OpenApiSchema)parameter.Schema!).Enum = [.. query.Words.Select(word => (JsonNode)JsonValue.Create(word))];
    }
}

/// <summary>What an operation answers.</summary>
internal static class OperationContent
{
    /// <summary>The JSON of its success.</summary>
    public static OpenApiMediaType SuccessContent(this OpenApiOperation operation) =>
        operation.Responses!.First(response => response.Key[0] == '2').Value.Content!["application/json"];
}
