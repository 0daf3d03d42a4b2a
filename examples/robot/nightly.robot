*** Settings ***
Documentation       Campaigns as tests of Robot Framework: `robot nightly.robot`.
Resource            cyara.resource


*** Test Cases ***
Opening Hours Are Announced
    Run Campaign    813

Nearly All Payments Go Through
    ${results}=    Run Campaign    808    --min-pass    50%
    Result Should Be    ${results}    Test case 008    Success
