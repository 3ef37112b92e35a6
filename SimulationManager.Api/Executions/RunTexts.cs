using System.Globalization;
using Microsoft.Extensions.Localization;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Says a run's message in the client's language. A failure's reason stays as the worker has put it.</summary>
public sealed class RunTexts(IStringLocalizer<Messages> texts)
{
    /// <summary>As it is stored when that is the client's language.</summary>
    public string Of(string message) => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == RunSentences.Language
        ? message
        : string.Join(' ', RunSentences.Parse(message).Select(Say));

    private string Say(SpokenSentence spoken) =>
        spoken.Sentence is null ? spoken.Text : texts[spoken.Sentence.Key, [.. spoken.Arguments]];
}
