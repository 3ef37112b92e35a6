using Microsoft.Extensions.Localization;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>A run's message in the client's language. A failure's reason stays as the worker has put it.</summary>
public sealed class RunTexts(IStringLocalizer<Messages> texts)
{
    public string Of(string message) => RunSentences.Read(message) is { } sentences
        ? string.Join(' ', sentences.Select(filled => texts[filled.Sentence.Key, [.. filled.Arguments]].Value))
        : message;
}
