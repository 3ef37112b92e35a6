using Microsoft.Extensions.Localization;
using MudBlazor;

namespace SimulationManager.Console.Texts;

/// <summary>Names the console's texts: <c>ConsoleTexts.resx</c> in English, <c>ConsoleTexts.ko.resx</c> in Korean.</summary>
public sealed class ConsoleTexts;

/// <summary>The texts of MudBlazor's components that the console uses; others stay in English.</summary>
internal sealed class MudTexts(IStringLocalizer<ConsoleTexts> texts) : MudLocalizer
{
    public override LocalizedString this[string key] => texts[key];
}
